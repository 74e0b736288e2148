package server

import (
	"bytes"
	"net/http"

	"github.com/azward/azward/internal/report"
)

// home shows a person with a browser what is here and how to ask it.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	page := report.ServedDatabase{URL: "http://" + r.Host, Database: s.cfg.Database, Token: s.cfg.Token != ""}
	for _, name := range s.cfg.Schema.Names() {
		if page.Token {
			break
		}
		t := report.ServedTable{Name: name}
		cols, _ := s.cfg.Schema.Table(name)
		for _, c := range cols {
			t.Columns = append(t.Columns, report.ServedColumn{Name: c.Name, Type: c.Type.String()})
		}
		page.Tables = append(page.Tables, t)
	}
	var b bytes.Buffer
	if err := report.TablesHTML(&b, report.Tool{Name: "azward", Version: s.cfg.Version}, &page); err != nil {
		s.cfg.Log.Error("the page of tables", "error", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes()) // a reader that is gone needs no answer
}
