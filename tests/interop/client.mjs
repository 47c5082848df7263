// An independent client of the Sổ Thôn protocol: written from docs/protocol.md and
// schemas/wire/exchange.cddl alone, with the stock Automerge library of npm and no code of this
// repository. See README.md beside it.
//
//   node client.mjs https://localhost:8443 ENROLMENT-CODE     (NODE_EXTRA_CA_CERTS=…/tls/ca.pem)

import assert from "node:assert/strict";
import crypto from "node:crypto";
import https from "node:https";
import zlib from "node:zlib";
import * as A from "@automerge/automerge";
import * as zstd from "@bokuweb/zstd-wasm";

const MEDIA = "application/vnd.sothon.exchange+cbor";
const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), crypto.createHash("sha256")).digest();
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const now = () => Math.floor(Date.now() / 1000);

// ---- CBOR (RFC 8949), as much as exchange.cddl needs: section 6.1 --------------------------------

function cbor(value) {
  const head = (major, n) => {
    n = BigInt(n);
    const size = n < 24n ? 0 : n < 256n ? 1 : n < 65536n ? 2 : n < 2n ** 32n ? 4 : 8;
    const out = Buffer.alloc(1 + size);
    out[0] = (major << 5) | (size === 0 ? Number(n) : 24 + Math.log2(size));
    for (let i = size; i > 0; i--, n >>= 8n) out[i] = Number(n & 255n);
    return out;
  };
  if (typeof value === "number" || typeof value === "bigint")
    return value >= 0 ? head(0, value) : head(1, -1n - BigInt(value));
  if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Buffer.concat([head(5, members.length), ...members.flatMap(([k, v]) => [cbor(Number(k)), cbor(v)])]);
}

function uncbor(bytes) {
  let at = 0;
  const item = () => {
    const first = bytes[at++];
    let n = first & 31;
    if (n >= 24) {
      const size = 1 << (n - 24);
      n = Number(BigInt("0x" + hex(bytes.subarray(at, at + size))));
      // Fingerprints and positions beyond 2^53 would need BigInt; this client only compares digests.
      at += size;
    }
    const take = () => bytes.subarray(at, (at += n));
    switch (first >> 5) {
      case 0: return n;
      case 1: return -1 - n;
      case 2: return Buffer.from(take());
      case 3: return take().toString();
      case 4: return Array.from({ length: n }, item);
      case 5: return Object.fromEntries(Array.from({ length: n }, () => [item(), item()]));
      case 7: return { 20: false, 21: true }[n];
    }
  };
  const value = item();
  assert.equal(at, bytes.length, "nothing follows the message");
  return value;
}

// ---- Change chunks: sections 4.2 and 4.3 ---------------------------------------------------------

function leb128(n) {
  const out = [];
  for (; n >= 128; n = Math.floor(n / 128)) out.push((n % 128) | 128);
  return Buffer.from([...out, n]);
}

/** Whatever the library hands out, as an uncompressed chunk of type 1. */
function plainChunk(chunk) {
  if (chunk[8] === 1) return Buffer.from(chunk);
  assert.equal(chunk[8], 2);
  let at = 9;
  while (chunk[at++] & 128);
  const contents = zlib.inflateRawSync(chunk.subarray(at));
  return Buffer.concat([chunk.subarray(0, 8), Buffer.from([1]), leb128(contents.length), contents]);
}

const hashOf = (chunk) => sha256(chunk.subarray(8));

function depsOf(chunk) {
  let at = 9;
  while (chunk[at++] & 128);
  const count = chunk[at++];
  return Array.from({ length: count }, (_, i) => hex(chunk.subarray(at + 32 * i, at + 32 * i + 32)));
}

const text = (string) => new A.ImmutableString(string);
const CONTAINERS = ["members", "children", "circumstances", "supports", "events", "visits", "decisions", "sealed", "links"];
const entityKey = () => Array.from(crypto.randomBytes(13), (b) => "0123456789abcdefghijklmnopqrstuv"[b & 31]).join("");

// ---- The line: sections 5 and 6 ------------------------------------------------------------------

const CODINGS = {
  identity: { encode: (b) => b, decode: (b) => b },
  gzip: { encode: (b) => zlib.gzipSync(b), decode: (b) => zlib.gunzipSync(b) },
  zstd: { encode: (b) => Buffer.from(zstd.compress(b, 9)), decode: (b) => Buffer.from(zstd.decompress(b)) },
};

function post(url, headers, body) {
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method: "POST", headers, minVersion: "TLSv1.3" }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

class Device {
  constructor(server) {
    this.server = server;
    const pair = crypto.generateKeyPairSync("ed25519");
    this.private = pair.privateKey;
    this.publicKey = Buffer.from(pair.publicKey.export({ format: "jwk" }).x, "base64url");
    this.id = sha256(this.publicKey).subarray(0, 12);
    this.documents = new Map(); // id -> Map(hash -> { chunk, state })
    this.chain = { number: 0, hash: Buffer.alloc(32) };
    this.cursor = { 2: [] };
    this.noted = 0;
  }

  async enrol(code) {
    const proof = Buffer.concat([Buffer.from("sothon/enrol/1\n"), sha256(code), this.publicKey]);
    const message = cbor({ 1: 1, 2: code, 3: this.publicKey, 4: crypto.sign(null, proof, this.private) });
    const answer = await post(`${this.server}/v1/enrol`, { "content-type": MEDIA }, message);
    assert.equal(answer.status, 200, answer.body.toString());
    const response = uncbor(answer.body);
    assert.deepEqual(response[2], this.id);
    this.commune = response[3];
    this.grants = response[4];
    const installation = Buffer.alloc(4);
    installation.writeUInt32BE(response[5]);
    this.actor = hex(Buffer.concat([this.id, installation]));
  }

  keep(document, chunk, state) {
    const changes = this.documents.get(document) ?? this.documents.set(document, new Map()).get(document);
    const hash = hex(hashOf(chunk));
    if (!changes.has(hash)) changes.set(hash, { chunk, state });
    else if (state === "acknowledged") changes.get(hash).state = state;
  }

  load(document) {
    const chunks = [...this.documents.get(document).values()].filter((c) => c.state !== "refused").map((c) => c.chunk);
    return A.applyChanges(A.init({ actor: this.actor }), chunks)[0];
  }

  create(village) {
    const doc = A.change(A.init({ actor: this.actor }), { time: now() }, (d) => {
      d.schema = 1;
      d.village = text(village);
      d.salt = crypto.randomInt(2 ** 32);
      d.household = {};
      for (const name of CONTAINERS) d[name] = {};
    });
    const chunk = plainChunk(A.getLastLocalChange(doc));
    const document = hex(hashOf(chunk).subarray(0, 16));
    this.keep(document, chunk, "unsent");
    return document;
  }

  edit(document, change) {
    const doc = A.change(this.load(document), { time: now() }, change);
    this.keep(document, plainChunk(A.getLastLocalChange(doc)), "unsent");
  }

  /** Section 10.2, over the acknowledged changes of every document here (all are of granted villages). */
  digest() {
    const whole = crypto.createHash("sha256");
    for (const [document, changes] of [...this.documents].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const known = [...changes].filter(([, c]) => c.state === "acknowledged");
      if (known.length === 0) continue;
      const heads = new Set(known.map(([hash]) => hash));
      for (const [, c] of known) depsOf(c.chunk).forEach((dep) => heads.delete(dep));
      const id = Buffer.from(document, "hex");
      const fingerprint = sha256(id, ...[...heads].sort().map((hash) => Buffer.from(hash, "hex"))).subarray(0, 8);
      whole.update(id).update(fingerprint);
    }
    return whole.digest();
  }

  signBatch() {
    const unsent = [...this.documents].flatMap(([document, changes]) =>
      [...changes].filter(([, c]) => c.state === "unsent").map(([hash, c]) => ({ document, hash, chunk: c.chunk })));
    if (unsent.length === 0) return undefined;
    const u = (size, value) => Buffer.from(BigInt(value).toString(16).padStart(2 * size, "0"), "hex");
    const [number, signedAt] = [this.chain.number + 1, now()];
    const bytes = Buffer.concat([
      Buffer.from("sothon/batch/1\n"), this.commune[1], this.id, u(8, number), this.chain.hash, u(8, signedAt),
      u(4, unsent.length), ...unsent.flatMap((c) => [Buffer.from(c.document, "hex"), Buffer.from(c.hash, "hex")]),
    ]);
    const changes = unsent.map((c) => [Buffer.from(c.document, "hex"), c.chunk]);
    const message = { 1: number, 2: this.chain.hash, 3: signedAt, 4: changes, 5: crypto.sign(null, bytes, this.private) };
    this.chain = { number, hash: sha256(bytes) };
    return { message, unsent };
  }

  async exchange(coding, batch) {
    const body = cbor({
      1: 1, 2: this.id, 3: this.cursor, 4: this.grants[1], 5: batch ? [batch.message] : [], 6: 65536, 8: this.noted, 9: now(),
    });
    const proof = Buffer.concat([Buffer.from("sothon/request/1\n"), this.commune[1], sha256(body)]);
    const headers = {
      "content-type": MEDIA, accept: MEDIA, "accept-encoding": coding,
      "sothon-signature": crypto.sign(null, proof, this.private).toString("base64url"),
      ...(coding === "identity" ? {} : { "content-encoding": coding }),
    };
    const answer = await post(`${this.server}/v1/exchange`, headers, CODINGS[coding].encode(body));
    assert.equal(answer.status, 200, answer.body.toString());
    assert.equal(answer.headers["content-type"], MEDIA);
    const used = answer.headers["content-encoding"] ?? "identity";
    const response = uncbor(CODINGS[used].decode(answer.body));
    for (const [number, hash] of response[4]) {
      assert.ok(batch && number === batch.message[1] && hash.equals(this.chain.hash), "the receipt names our batch");
      batch.unsent.forEach((c) => this.keep(c.document, c.chunk, "acknowledged"));
    }
    for (const [id, document, hash, code] of response[5]) {
      const change = this.documents.get(hex(document))?.get(hex(hash));
      if (change) change.state = code === "released" ? "acknowledged" : "refused";
      this.noted = Math.max(this.noted, id);
      console.log(`  note ${id}: ${code}`);
    }
    for (const entry of response[8]) entry[2].forEach((chunk) => this.keep(hex(entry[1]), chunk, "acknowledged"));
    this.cursor = response[6];
    this.grants = response[9];
    return { response, used };
  }

  /** One sync: tells what is unsent, reads until nothing is left, compares digests. */
  async sync(coding) {
    let batch = this.signBatch();
    const summary = { coding, sent: batch?.unsent.length ?? 0, receipt: undefined, received: 0, answeredIn: [] };
    for (;;) {
      const { response, used } = await this.exchange(coding, batch);
      if (response[4].length > 0) summary.receipt = `${response[4][0][0]} ${hex(response[4][0][1]).slice(0, 16)}…`;
      summary.received += response[8].reduce((sum, entry) => sum + entry[2].length, 0);
      summary.answeredIn.push(used);
      batch = undefined;
      if (!response[7]) {
        summary.digestsAgree = response[10].equals(this.digest());
        return summary;
      }
    }
  }
}

// ---- The journey -----------------------------------------------------------------------------------

const [server, code] = process.argv.slice(2);
await zstd.init();
const device = new Device(server);
await device.enrol(code);
const { actor } = device;
await device.enrol(code);
assert.equal(device.actor, actor, "enrolling again with the same code and key changes nothing");
console.log("enrolled as", hex(device.id), "in", device.commune[2], "villages", device.grants[2].join(" "));
console.log("pull", await device.sync(process.argv[4] ?? "identity"));

const household = device.create(device.grants[2][0]);
const child = entityKey();
device.edit(household, (d) => {
  d.household.head_name = text("GIẢ LẬP Nông Văn Khách");
  d.household.note = text("máy khách độc lập ".repeat(40)); // longer than 256 bytes: must travel uncompressed
  d.children[child] = {};
  d.children[child].name = text("GIẢ LẬP Nông Thị Lạ");
  d.children[child].birth_date = text("2019-05");
});
console.log("push", await device.sync("zstd"));

device.edit(household, (d) => {
  d.children[child].school = text("Tiểu học Giả Lập");
  d.children[child].health_insurance = true;
});
console.log("push", await device.sync("gzip"));

for (const document of device.documents.keys()) {
  const visit = entityKey();
  device.edit(document, (d) => {
    d.visits[visit] = {};
    Object.assign(d.visits[visit], { date: text("2024-10-12"), round: text("2024-2"), result: text("met") });
  });
}
const last = await device.sync("identity");
console.log("push", last);
assert.ok(last.digestsAgree);

// What the library does with a plain JavaScript string is not a scalar: refused, and nothing else with it.
device.edit(household, (d) => { d.household.phone = "000"; });
console.log("a text object instead of a string:", await device.sync("zstd"));
const refused = [...device.documents.get(household).values()].filter((c) => c.state === "refused");
assert.equal(refused.length, 1);
console.log("ok");
