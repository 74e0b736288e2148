// Runs Microsoft's published Kusto client for Node (npm: azure-kusto-data)
// against a running azward serve whose address is the argument:
//
//	npm ci && node client.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, ClientRequestProperties, KustoConnectionStringBuilder } from "azure-kusto-data";

const url = process.env.AZWARD_URL ?? process.argv[2];
const token = process.env.AZWARD_TOKEN;
const kcsb = token ? KustoConnectionStringBuilder.withAccessToken(url, token) : new KustoConnectionStringBuilder(url);
const client = new Client(kcsb);
const db = "logs";
const message = (e) => JSON.stringify(e.response?.data ?? e.message);

test("lists tables", async () => {
  const r = await client.execute(db, ".show tables");
  assert.deepEqual([...r.primaryResults[0].rows()].map((x) => x.TableName), ["SigninLogs"]);
});

test("queries every type", async () => {
  const r = await client.execute(db, `print b=true, d=datetime(2020-01-02), dec=decimal(1.5), dyn=dynamic({"a":[1]}), g=guid(74be27de-1e4e-49d9-b579-fe0b331d3642),
    i=int(1), l=2, r=1.5, s="x", ts=1d, n=int(null)`);
  const row = [...r.primaryResults[0].rows()][0];
  assert.equal(row.b, true);
  assert.equal(row.d.toISOString(), "2020-01-02T00:00:00.000Z");
  assert.deepEqual(row.dyn, { a: [1] });
  assert.equal(row.g, "74be27de-1e4e-49d9-b579-fe0b331d3642");
  assert.equal(row.i + row.l + row.r, 4.5);
  assert.equal(row.ts, 86400000);
  assert.equal(row.n, null);
});

test("queries through the first version", async () => {
  const r = await client.executeQueryV1(db, "SigninLogs | summarize n=count() by User | order by n desc");
  assert.deepEqual([...r.primaryResults[0].rows()].map((x) => [x.User, x.n]), [["bob", 2], ["ann", 1]]);
});

test("passes parameters and options", async () => {
  const p = new ClientRequestProperties();
  p.setParameter("u", "bob");
  p.setTimeout(20000);
  const r = await client.execute(db, "declare query_parameters(u:string); SigninLogs | where User == u | count", p);
  assert.equal([...r.primaryResults[0].rows()][0].Count, 2);
});

test("gets errors", async () => {
  await assert.rejects(client.execute(db, "SigninLogs | where Usr == 1"), (e) => /SEM0100/.test(message(e)));
  const p = new ClientRequestProperties();
  p.setOption("truncationmaxrecords", 2);
  await assert.rejects(client.execute(db, "range x from 1 to 9 step 1", p), (e) => /TOO_LARGE|errors/.test(message(e)));
});

const slow = "range x from 1 to 5000000 step 1 | extend k = 1 | join kind=inner (range y from 1 to 100000 step 1 | extend k = 1) on k | summarize sum(x % 7)";

test("runs into a timeout", async () => {
  const p = new ClientRequestProperties();
  p.setTimeout(300);
  p.setClientTimeout(20000);
  await assert.rejects(client.execute(db, slow, p), (e) => /Timeout/.test(message(e)));
});

test("cancels", async () => {
  const other = new Client(kcsb);
  setTimeout(() => other.close(), 300);
  await assert.rejects(other.execute(db, slow));
  const r = await client.execute(db, "print 1");
  assert.equal(r.primaryResults.length, 1);
});
