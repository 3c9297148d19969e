#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""mailbox.py DIR COUNT: a large INBOX as Maildir++, the same bytes every time.

Headers as lists and providers make them (2 to 3 KB with Received, DKIM and ARC fields), threads, senders and subjects
of skewed frequency, bodies of 1 to 20 KB, one in ten with an HTML part.  The newest message has the subject
"ZNEWEST COUNT"; the newest is one minute older than the first start of the epoch that NOW names."""
import base64
import os
import random
import sys
import time
from multiprocessing import Pool

NOW = 1_770_000_000
CHUNK = 2000
WORDS = """the of and to in is that for it as was with be by on not this are from at or have an they which one you were
all her there would their we him been has when who will no more if out so up said what its about than into them can
only other time new some could these two may first then do any like my now over such our even most made after also did
many before must through years where much your way down should because each just those people how little good
patch review release kernel buffer index thread server message window query cursor journal limit colour render
schedule project budget meeting report invoice contract order team deadline draft proposal version build error list
question answer update account number table column folder flag header field value string length offset cache store""".split()
NAMES = ["Ada", "Grace", "Alan", "Emmy", "Edsger", "Barbara", "Donald", "Mary", "Konrad", "Hedy", "Claude", "Katherine", "Søren",
         "Zoë", "José", "Françoise", "Иван", "山田", "王小明", "김민수"]


def encoded(text):
    try:
        text.encode("ascii")
        return text
    except UnicodeEncodeError:
        return "=?utf-8?B?%s?=" % base64.b64encode(text.encode()).decode()


def noise(r, n):
    return base64.b64encode(r.randbytes(n * 3 // 4)).decode()


def folded(text, width=70):
    return "\r\n\t".join(text[i:i + width] for i in range(0, len(text), width))


def when(seconds):
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(seconds))


def headers(r, i, count, date, sender, subject, chain):
    mid = "<%d.%d@mail%d.example.org>" % (date, i, i % 40)
    out = ["Return-Path: <bounce-%d@lists.example.org>" % i]
    for hop in range(3):
        out.append("Received: from mx%d.example.net (mx%d.example.net [192.0.2.%d])\r\n\tby mail%d.example.org (Postfix) with ESMTPS id %08X\r\n"
                   "\tfor <ada@example.org>; %s" % (hop, hop, r.randrange(255), hop, r.getrandbits(32), when(date + hop)))
    out.append("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=k1;\r\n\th=from:to:subject:date:message-id;\r\n\tbh=%s;\r\n\tb=%s"
               % (noise(r, 44), folded(noise(r, 340))))
    out.append("ARC-Seal: i=1; a=rsa-sha256; t=%d; cv=none; d=example.org; s=a1;\r\n\tb=%s" % (date, folded(noise(r, 340))))
    out.append("From: %s <%s>" % (encoded(sender[0]), sender[1]))
    out.append("To: developers <dev@lists.example.org>" + (",\r\n " + "Ada <ada@example.org>" if r.random() < 0.3 else ""))
    if r.random() < 0.25:
        out.append("Cc: " + ",\r\n ".join("%s <%s@example.net>" % (encoded(n), "cc%d" % k) for k, n in enumerate(r.sample(NAMES, 3))))
    out += ["Subject: " + encoded(subject), "Date: " + when(date), "Message-ID: " + mid]
    if chain:
        out += ["In-Reply-To: " + chain[-1], "References: " + "\r\n ".join(chain[-10:])]
    out += ["List-Id: <dev.lists.example.org>", "User-Agent: Example/%d.%d" % (r.randrange(9), r.randrange(99)), "MIME-Version: 1.0"]
    return mid, out


def body(r):
    n = min(20000, int(r.lognormvariate(7.4, 0.8)))
    lines, line = [], []
    while n > 0:
        word = r.choice(WORDS)
        line.append(word)
        n -= len(word) + 1
        if len(line) > 11:
            lines.append(" ".join(line))
            line = []
    return "\r\n".join(lines + [" ".join(line)]) + "\r\n"


def chunk(job):
    directory, first, last, count = job
    r = random.Random(first)
    chains = []
    for i in range(first, last):
        date = NOW - 60 - (count - 1 - i) * 240 - r.randrange(200)
        if i == count - 1:
            subject, chain = "ZNEWEST %d" % count, []
        elif chains and r.random() < 0.7:
            subject, chain = chains[int(len(chains) * (1 - r.random() ** 2) - 1e-9)]
        else:
            subject, chain = " ".join(r.choices(WORDS, k=r.randrange(3, 9))), []
        name = r.choice(NAMES) + " " + r.choice(WORDS).capitalize()
        mid, head = headers(r, i, count, date, (name, "user%d@example.org" % int(r.paretovariate(1))),
                            ("Re: " if chain else "") + subject, chain)
        chains.append((subject, chain + [mid]))
        del chains[:-60]
        text = body(r)
        if r.random() < 0.1:
            head.append('Content-Type: multipart/alternative; boundary="=_b"')
            data = "--=_b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n--=_b\r\nContent-Type: text/html\r\n\r\n<html><body><p>%s</p></body></html>\r\n--=_b--\r\n" % (text, text)
        else:
            head.append("Content-Type: text/plain; charset=utf-8")
            data = text
        raw = ("\r\n".join(head) + "\r\n\r\n" + data).encode()
        flags = "" if r.random() < 0.1 or i == count - 1 else "S"
        path = os.path.join(directory, "cur", "%d.M%06dP1.bench,S=%d,W=%d:2,%s" % (date, i % 1000000, len(raw), len(raw), flags))
        with open(path, "wb") as f:
            f.write(raw)
        os.utime(path, (date, date))


def make(directory, count):
    os.makedirs(os.path.join(directory, "cur"))
    os.makedirs(os.path.join(directory, "new"))
    os.makedirs(os.path.join(directory, "tmp"))
    jobs = [(directory, i, min(i + CHUNK, count), count) for i in range(0, count, CHUNK)]
    with Pool() as pool:
        for _ in pool.imap_unordered(chunk, jobs):
            pass


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]))
