# SPDX-License-Identifier: GPL-3.0-or-later
# Programs that measure one room.  `make bench-store` runs what the store costs on 100,000 messages.

test/bench/store: obj/tests/bench/store.o $(call archives,store)
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libraries,store)

bench-store: test/bench/store
	./test/bench/store

.PHONY: bench-store

# From key to screen; used by bench.py.  Needs libvterm.
test/bench/keys: obj/tests/bench/keys.o
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(VTERM_LIBS)

bench: test/bench/keys

# The ceiling of a server; used by bench.py.
test/bench/raw: $(srcdir)/tests/bench/raw.c
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) -std=c17 -D_GNU_SOURCE $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIBS_net)

bench: test/bench/raw
