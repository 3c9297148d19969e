#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""compare_headers.py OPEN DIR: subject, sender and date of every message below DIR, as test/mail/open (OPEN) reads
them and as Python's email package does.

Python's parser is strict where mail is not, so a difference is looked at again with small, stated repairs of
what Python read (raw_* below); what is left is listed with its cause as far as one can be named.  Exit status 1 when
fewer than 99.5 % of the messages with LF or CRLF line ends agree in all three.
"""
import email, email.header, email.policy, email.utils, json, os, re, subprocess, sys
from datetime import timezone


def space(text):
    return " ".join(re.sub("[\x00-\x20\x7f\ufffd]+", " ", text or "").split())


def text_of(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("windows-1252", "replace")


def header_block(raw):
    raw = re.sub(rb"\A>?From [^\n]*\n", b"", raw)
    lines, out = raw.split(b"\n"), []
    for line in lines:
        if line.rstrip(b"\r") == b"":
            break
        out.append(line.rstrip(b"\r"))
    return out


def raw_field(raw, name):
    """The first field of that name, unfolded by hand."""
    value = None
    for line in header_block(raw):
        if value is not None:
            if line[:1] in b" \t" and line[:1]:
                value += b" " + line.strip()
                continue
            return value.strip()
        m = re.match(rb"(?i)" + re.escape(name.encode()) + rb"[ \t]*:(.*)", line)
        if m:
            value = m.group(1).strip()
    return value.strip() if value is not None else None


def decode_words(data):
    """RFC 2047 by the legacy function, bytes of neighbours with one charset joined."""
    text = text_of(data)
    text = re.sub(r"(=\?[^?\s]+)\*[A-Za-z-]+(\?[bqBQ]\?)", r"\1\2", text)  # language tags
    try:
        parts = email.header.decode_header(text)
    except Exception:
        return text
    out = ""
    for chunk, charset in parts:
        if isinstance(chunk, str):
            out += chunk
        else:
            try:
                out += chunk.decode(charset or "ascii")
            except (LookupError, UnicodeDecodeError):
                out += text_of(chunk)
    return out


def python_values(raw):
    msg = email.message_from_bytes(re.sub(rb"\A>?From [^\n]*\n", b"", raw), policy=email.policy.default)
    values = {"subject": "", "from": [], "date": 0}
    try:
        values["subject"] = str(msg.get("subject", ""))
    except Exception as e:
        values["subject"] = None
    try:
        field = msg.get("from")
        values["from"] = [(a.display_name, a.addr_spec) for a in field.addresses] if field else []
    except Exception as e:
        values["from"] = None
    try:
        field = msg.get("date")
        date = field.datetime if field else None
        if date is not None:
            if date.tzinfo is None:
                date = date.replace(tzinfo=timezone.utc)
            values["date"] = int(date.timestamp())
    except Exception:
        values["date"] = None
    return values


def same_subject(ours, theirs, raw):
    if theirs is not None and space(ours) == space(theirs):
        return None
    field = raw_field(raw, "subject") or b""
    if space(ours) == space(decode_words(field)):
        return ""
    return "subject: ours %r, Python %r, raw %r" % (ours, theirs, field[:300])


def legacy_from(raw):
    field = raw_field(raw, "from")
    if field is None:
        return []
    return [(decode_words(n.encode("utf-8", "surrogateescape")), a)
            for n, a in email.utils.getaddresses([text_of(field)]) if n or a]


def same_from(ours, theirs, raw):
    def norm(pairs):
        pairs = [(space(n).strip("'\""), re.sub(r"\s", "", a or "")) for n, a in pairs]
        return [(n, a) for n, a in pairs if (n, a) != ("", "<>")]
    ours = norm([(a["name"], a["mailbox"]) for a in ours])
    if theirs is not None and ours == norm(theirs):
        return None
    if ours == norm(legacy_from(raw)):
        return ""
    return "from: ours %r, Python %r, raw %r" % (ours, theirs, (raw_field(raw, "from") or b"")[:300])


def legacy_date(raw):
    field = raw_field(raw, "date")
    if not field:
        return 0
    text = re.sub(r"\([^)]*\)", " ", text_of(field)).replace("JST", "+0900")
    half = re.search(r"(\d+)(:\d+:\d+) ([AP])M", text)
    if half:
        hour = int(half.group(1)) % 12 + (12 if half.group(3) == "P" else 0)
        text = text.replace(half.group(0), "%d%s" % (hour, half.group(2)))
    t = email.utils.parsedate_tz(text)
    try:
        return email.utils.mktime_tz(t) if t else 0
    except Exception:
        return 0


def same_date(ours, theirs, raw):
    if theirs is not None and ours == theirs:
        return None
    if ours == legacy_date(raw):
        return ""
    return "date: ours %r, Python %r, raw %r" % (ours, theirs, (raw_field(raw, "date") or b"")[:200])


def compare(line):
    ours = json.loads(line)
    with open(ours["file"], "rb") as f:
        raw = f.read()
    bare_cr = b"\n" not in raw[:4096] and b"\r" in raw
    if bare_cr:
        raw = raw.replace(b"\r", b"\n")
    theirs = python_values(raw)
    found = [same_subject(ours["subject"], theirs["subject"], raw), same_from(ours["from"], theirs["from"], raw),
             same_date(ours["date"], theirs["date"], raw)]
    return bare_cr, [d for d in found if d], any(d == "" for d in found)


def main():
    opener, top = sys.argv[1:3]
    files = sorted(os.path.join(d, f) for d, _, names in os.walk(top) for f in names if f.endswith(".eml"))
    total = equal = repaired = cr_total = cr_equal = 0
    for at in range(0, len(files), 500):
        run = subprocess.run([opener, "--json"] + files[at:at + 500], capture_output=True, text=True)
        for line in run.stdout.splitlines():
            if not line.startswith("{"):
                continue
            bare_cr, differences, repair = compare(line)
            if bare_cr:
                cr_total += 1
                cr_equal += not differences
            else:
                total += 1
                equal += not differences
                repaired += repair and not differences
            for d in differences:
                print("%s: %s" % (os.path.relpath(json.loads(line)["file"], top), d))
    share = 100.0 * equal / max(total, 1)
    print("LF or CRLF: %d of %d equal (%.2f %%), %d of them after repair; bare CR: %d of %d" %
          (equal, total, share, repaired, cr_equal, cr_total))
    return 0 if share >= 99.5 else 1


if __name__ == "__main__":
    sys.exit(main())
