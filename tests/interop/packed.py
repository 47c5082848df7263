"""Reads the packed bodies of the frozen vectors by docs/protocol.md section 17, and compares them with the plain ones."""

import hashlib
import json
from pathlib import Path

import cbor2
import zstandard

WIRE = Path(__file__).resolve().parents[2] / "schemas" / "wire"
v = json.load((WIRE / "vectors/v1.json").open())
H = bytes.fromhex
D = zstandard.ZstdCompressionDict((WIRE / "dictionary-1.zdict").read_bytes())


class R:
    def __init__(s, b):
        s.b = b
        s.i = 0

    def take(s, n):
        r = s.b[s.i : s.i + n]
        assert len(r) == n
        s.i += n
        return r

    def u(s):
        r = sh = 0
        while True:
            x = s.take(1)[0]
            r |= (x & 127) << sh
            sh += 7
            if x < 128:
                return r

    def sg(s):
        r = sh = 0
        while True:
            x = s.take(1)[0]
            r |= (x & 127) << sh
            sh += 7
            if x < 128:
                return r - (1 << sh) if x & 64 else r


def lu(n):
    o = b""
    while n >= 128:
        o += bytes([n & 127 | 128])
        n >>= 7
    return o + bytes([n])


def ls(n):
    o = b""
    while True:
        b = n & 127
        n >>= 7
        if (n == 0 and not b & 64) or (n == -1 and b & 64):
            return o + bytes([b])
        o += bytes([b | 128])


o = v["other_document"]
KNOWN = {H(o["id"]): [H(o["genesis"]["hash"]), H(o["theirs"]["hash"])]}


class S:
    def __init__(s, stream, raw):
        s.s, s.r = R(stream), R(raw)
        s.act = []
        s.doc = None
        s.seen = {}
        s.t = 0
        s.all = b""

    def actor(s):
        i = s.s.u()
        if i == len(s.act):
            s.act.append(s.r.take(16))
        return s.act[i]

    def change(s):
        f = s.s.take(1)[0]
        df, dep = f & 3, f >> 2 & 3
        doc = None
        if df == 0:
            doc = s.doc
        if df == 2:
            doc = s.r.take(16)
        if df == 3:
            p = s.r.take(5)
            c = [d for d in s.seen if d.startswith(p)] or [d for d in KNOWN if d.startswith(p)]
            (doc,) = c[:1]
        deps = []
        if dep == 1:
            deps = [s.seen[doc][-1]]
        if dep == 2:
            deps = [s.r.take(32) for _ in range(s.s.u())]
        if dep == 3:
            for _ in range(s.s.u()):
                p = s.r.take(3)
                c = [h for h in s.seen.get(doc, []) if h.startswith(p)] or [
                    h for h in KNOWN[doc] if h.startswith(p)
                ]
                deps.append(c[0])
        a = s.actor()
        seq = s.s.u()
        op = s.s.u()
        t = s.t + s.s.sg()
        others = [s.actor() for _ in range(s.s.u())]
        rest = s.s.take(s.s.u())
        c = (
            lu(len(deps))
            + b"".join(deps)
            + b"\x10"
            + a
            + lu(seq)
            + lu(op)
            + ls(t)
            + b"\0"
            + lu(len(others))
            + b"".join(b"\x10" + x for x in others)
            + rest
        )
        hd = b"\x01" + lu(len(c)) + c
        h = hashlib.sha256(hd).digest()
        ch = H("856f4a83") + h[:4] + hd
        if df == 1:
            doc = h[:16]
        s.doc = doc
        s.seen.setdefault(doc, []).append(h)
        s.t = t
        s.all += h
        return doc, ch


def opened(b, raw, content):
    r = R(b)
    assert r.take(1) == b"\x01"
    rw = r.take(r.u())
    c = zstandard.ZstdDecompressor(dict_data=D).decompress(b[r.i :])
    assert rw == H(raw) and c == H(content)
    q = R(c)
    head = cbor2.loads(q.take(q.u()))
    return head, S(c[q.i :], rw)


q = v["request"]
head, s = opened(H(q["packed"]["body"]), q["packed_raw"], q["packed_content"])
for b in head[5]:
    b[4] = [list(s.change()) for _ in range(s.s.u())]
    b[5] = s.r.take(64)
    b[2] = s.r.take(32)
assert head == cbor2.loads(H(q["plain"]["body"]))
assert s.s.i == len(s.s.b) and s.r.i == len(s.r.b)
q = v["response"]
head, s = opened(H(q["packed"]), q["packed_raw"], q["packed_content"])
n = s.s.u()
page = []
for _ in range(n):
    k = s.s.u()
    cs = [s.change() for _ in range(k // 2)]
    page.append({1: cs[0][0], 2: [c for _, c in cs], 3: bool(k & 1)})
assert s.r.take(4) == hashlib.sha256(s.all).digest()[:4]
head[8] = page
assert head == cbor2.loads(H(q["plain"]))
assert s.s.i == len(s.s.b) and s.r.i == len(s.r.b)
print("packed vectors read by an independent reader")
