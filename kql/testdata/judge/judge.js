// Microsoft's own KQL parser and binder as the judge of what is valid.
//
//   node judge.js NODE_MODULES SCHEMAS.csv QUERIES.jsonl
//
// NODE_MODULES holds npm's @kusto/language-service-next. One JSON line per
// query on standard output: {id, errors, columns, tables, functions}. Tables
// and functions that the catalogue lacks get stubs, and so do columns of them;
// the stubs that a query needed stand in its line.
const fs = require('fs');
const [nm, schemas, queries] = process.argv.slice(2);
require(nm + '/@kusto/language-service-next/bridge.min.js');
require(nm + '/@kusto/language-service-next/Kusto.Language.Bridge.min.js');
const K = globalThis.Kusto.Language, S = K.Symbols;

const scalars = new Set(['bool', 'datetime', 'decimal', 'dynamic', 'guid', 'int', 'long', 'real', 'string', 'timespan']);
const alias = { double: 'real', boolean: 'bool', uuid: 'guid', float: 'real' };
const base = new Map();
for (const line of fs.readFileSync(schemas, 'utf8').split('\n').slice(1)) {
  const m = /^"([^"]*)","([^"]*)","([^"]*)"/.exec(line);
  if (!m) continue;
  if (!base.has(m[1])) base.set(m[1], new Map());
  const t = alias[m[3].toLowerCase()] || m[3].toLowerCase();
  if (!base.get(m[1]).has(m[2])) base.get(m[1]).set(m[2], scalars.has(t) ? t : 'dynamic');
}
const list = (cols) => [...cols].map(([c, t]) => `['${c}']:${t}`).join(', ');
const table = (name, cols) => S.TableSymbol.From('(' + list(cols) + ')').WithName(name);
const symbols = new Map([...base].map(([n, c]) => [n, table(n, c)]));
const guess = (c, fallback) => /_d$/.test(c) ? 'real' : /_b$/.test(c) ? 'bool' : /_t$|^Timestamp$|^TimeGenerated/.test(c) ? 'datetime' : /_[sg]$/.test(c) ? 'string' : fallback;

// database holds the tables that a query may mean (all of them costs seconds),
// and its stubs.
function database(kql, stubs) {
  const words = new Set(kql.match(/\w+/g) || []);
  const stars = [...kql.matchAll(/(\w*)\*(?=[\s,)|])/g)].map((m) => m[1]);
  const whole = /\b(search|find)\b/.test(kql) || /\bunion\b[^|]*[\s(,]\*/.test(kql);
  const all = new Map([...symbols].filter(([n]) => whole || words.has(n) || stars.some((s) => s && n.startsWith(s))));
  for (const [n, c] of Object.entries(stubs.tables)) {
    if (c.length || !base.has(n)) all.set(n, table(n, [...(base.get(n) || []), ...c]));
  }
  const fns = Object.entries(stubs.functions).map(([n, f]) => new S.FunctionSymbol.$ctor16(n, f.params, f.body, null));
  const members = [...all.values(), ...fns];
  for (const make of ['$ctor1', '$ctor2', '$ctor3', 'ctor']) {
    for (const args of [['db', null, members, false], ['db', members]]) {
      try {
        const db = new S.DatabaseSymbol[make](...args);
        if (db.Tables && db.Tables.Count === all.size) return db;
      } catch (e) { /* another overload */ }
    }
  }
  return new S.DatabaseSymbol.$ctor1('db', null, members, false);
}

function analyze(kql, stubs) {
  const globals = K.GlobalState.Default.WithDatabase(database(kql, stubs));
  const code = K.KustoCode.ParseAndAnalyze(kql, globals), ds = code.GetDiagnostics(), errors = [];
  for (let i = 0; i < ds.Count; i++) { const d = ds.getItem(i); if (d.Severity === 'Error') errors.push([d.Code, d.Message, d.Start, d.Length]); }
  let columns = null;
  const rt = code.ResultType;
  if (rt && rt.Columns) { columns = []; for (let i = 0; i < rt.Columns.Count; i++) { const c = rt.Columns.getItem(i); columns.push([c.Name, c.Type && c.Type.Name]); } }
  return { errors, columns };
}

// argumentsOf gives the texts between the parentheses of the calls of a function.
function argumentsOf(kql, name) {
  const out = [];
  for (const m of kql.matchAll(new RegExp('\\b' + name + '\\s*\\(', 'g'))) {
    let depth = 1, i = m.index + m[0].length;
    const start = i;
    for (; i < kql.length && depth > 0; i++) depth += kql[i] === '(' ? 1 : kql[i] === ')' ? -1 : 0;
    out.push(kql.slice(start, i - 1));
  }
  return out;
}

// attempt adds stubs until the query is valid or nothing more can be added.
function attempt(kql, fallback) {
  const stubs = { tables: {}, functions: {} };
  const words = new Set(kql.match(/\w+/g) || []);
  const own = [...base.keys()].filter((t) => words.has(t));
  const cols = new Map(), retyped = new Set();
  const params = () => Array.from({ length: 8 }, (_, i) => `p${i + 1}:dynamic=dynamic(null)`);
  const build = (names) => {
    for (const n of names.tables) stubs.tables[n] = [...cols];
    for (const n of own) { const have = base.get(n), more = [...cols].filter(([c]) => !have.has(c)); if (more.length) stubs.tables[n] = more; }
    for (const [n, kind] of names.functions) {
      const body = `datatable(${list(cols)})[]`;
      if (kind === 'invoke') { stubs.functions[n] = { params: '(T:(*), ' + params().join(', ') + ')', body: `{ T | extend ${[...cols].filter(([c]) => c !== 'TimeGenerated').map(([c, t]) => `['${c}'] = ${t}(null)`).join(', ').replace(/string\(null\)/g, "''") || "x_ = ''"} }` }; continue; }
      const named = new Set();
      for (const text of argumentsOf(kql, n)) for (const a of text.matchAll(/(\w+)\s*=[^=~]/g)) named.add(a[1]);
      stubs.functions[n] = { params: '(' + [...[...named].map((a) => `${a}:dynamic=dynamic(null)`), ...params()].join(', ') + ')', body: `{ ${body} }` };
    }
  };
  const names = { tables: new Set(), functions: new Map() };
  let r = analyze(kql, stubs);
  for (let round = 0; round < 14 && r.errors.length; round++) {
    let changed = false;
    for (const [code, message, start, length] of r.errors) {
      // A stub's column of the wrong type gets the one that is asked for.
      const text = kql.slice(start, start + length), wanted = /^A value of type (\w+) expected/.exec(message), pair = /operand types (\w+) and (\w+)/.exec(message);
      for (const w of text.match(/\w+/g) || []) {
        if (!cols.has(w) || retyped.has(w)) continue;
        let type = null;
        if (wanted && text.trim() === w) type = wanted[1];
        if (code === 'KS138' && text.trim() === w) type = 'real';
        if (pair && pair.slice(1).includes(cols.get(w))) type = pair[1] === cols.get(w) ? pair[2] : pair[1];
        if (type && scalars.has(type) && type !== cols.get(w)) { retyped.add(w); cols.set(w, type); changed = true; }
      }
      const m = /^The name '([^']*)' does not refer/.exec(message);
      if (!m) continue;
      if (code === 'KS204' && !names.tables.has(m[1]) && !names.functions.has(m[1])) { names.tables.add(m[1]); changed = true; }
      if (code === 'KS211' && !names.functions.has(m[1])) {
        names.functions.set(m[1], new RegExp('invoke\\s+' + m[1] + '\\b').test(kql) ? 'invoke' : 'table');
        names.tables.delete(m[1]); changed = true;
      }
      if (code === 'KS142' && !cols.has(m[1]) && /^[A-Za-z_]\w*$/.test(m[1])) { cols.set(m[1], guess(m[1], fallback)); changed = true; }
    }
    if ((names.tables.size || names.functions.size) && !cols.has('TimeGenerated')) cols.set('TimeGenerated', 'datetime');
    if (!changed) break;
    build(names);
    try { r = analyze(kql, stubs); } catch (e) { r = { errors: [['stub', String(e)]], columns: null }; break; }
  }
  return { ...r, ...stubs };
}

for (const line of fs.readFileSync(queries, 'utf8').split('\n').filter(Boolean)) {
  const q = JSON.parse(line);
  let r = attempt(q.kql, 'string');
  if (r.errors.length && r.errors.every(([c]) => c !== 'KS005')) {
    const again = attempt(q.kql, 'dynamic');
    if (!again.errors.length) r = again;
  }
  console.log(JSON.stringify({ id: q.id, errors: r.errors, columns: r.columns, tables: r.tables, functions: r.functions }));
}
