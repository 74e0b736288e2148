package reader

import (
	"bytes"
	"context"
	"io"
	"testing"
)

// BenchmarkRead reads a generated array of resources, plain and compressed.
func BenchmarkRead(b *testing.B) {
	var text bytes.Buffer
	if _, err := io.Copy(&text, &repeated{n: 5000, size: 1800}); err != nil {
		b.Fatal(err)
	}
	for name, packed := range map[string][]byte{"plain": text.Bytes(), "gzip": gzipped(b, text.Bytes()), "zstd": zstded(b, text.Bytes())} {
		b.Run("form="+name, func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			for b.Loop() {
				rd := newRun(context.Background(), Options{})
				in := &counted{r: bytes.NewReader(packed), rd: rd}
				rd.unpack("x", in, in, nil, 0, 0)
				if inv := rd.finish(); inv.Len() != 5000 {
					b.Fatalf("%d resources", inv.Len())
				}
			}
		})
	}
}
