# SPDX-License-Identifier: GPL-3.0-or-later
# Tests.  `make check` runs all of them; `make check T=imap/lex` runs one unit test,
# T=dialogue, T=screen, T=live, T=layers, ... one group, T=screen/NAME one script of a group.
# `make check-programs` builds what they need and runs nothing.

UNIT_SOURCES = $(wildcard $(srcdir)/tests/unit/*/*.c)
UNIT_TESTS = $(patsubst $(srcdir)/tests/unit/%.c,test/unit/%,$(UNIT_SOURCES))
unit_room = $(firstword $(subst /, ,$(patsubst test/unit/%,%,$(1))))

obj/tests/%.o: private ROOM_CFLAGS = $(CHECK_CFLAGS) $(VTERM_CFLAGS) -I$(srcdir)/tests -DSRCDIR='"$(srcdir)"' -DBUILDDIR='"$(CURDIR)"'

.SECONDARY: $(UNIT_SOURCES:$(srcdir)/%.c=obj/%.o) obj/tests/unit/runner.o
.SECONDEXPANSION:
test/unit/%: obj/tests/unit/%.o obj/tests/unit/runner.o $$(call archives,$$(call unit_room,$$@))
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(call libraries,$(call unit_room,$@))

check-unit: $(UNIT_TESTS)
	sh $(srcdir)/tests/run.sh unit $(UNIT_TESTS)

# Groups with a script of their own: tests/GROUP/run.sh BUILDDIR [NAME].  A group that needs further
# programs builds them in its own rules.mk and names them in TESTPROGS_GROUP.
GROUPS_ALL = dialogue cli mail screen settings live fault
-include $(wildcard $(srcdir)/tests/*/rules.mk)
PRESENT = $(foreach g,$(GROUPS_ALL),$(if $(wildcard $(srcdir)/tests/$(g)/run.sh),$(g)))

$(foreach g,$(GROUPS_ALL),check-$(g)): check-%: all $$(TESTPROGS_$$*)
	sh $(srcdir)/tests/$*/run.sh $(CURDIR) $(NAME)

check-layers:
	sh $(srcdir)/tests/layers.sh $(srcdir)

# The manual pages and the translations against the sources.
check-docs:
	sh $(srcdir)/tests/docs.sh $(srcdir)
check-po:
	sh $(srcdir)/tests/po.sh $(srcdir)

check-programs: all $(UNIT_TESTS) $(foreach g,$(PRESENT),$(TESTPROGS_$(g)))

ifeq ($(T),)
check: check-layers check-docs check-po check-unit $(foreach g,$(PRESENT),check-$(g))
else ifneq ($(wildcard $(srcdir)/tests/unit/$(T).c),)
check: test/unit/$(T)
	./test/unit/$(T)
else
check:
	$(MAKE) check-$(firstword $(subst /, ,$(T))) NAME=$(word 2,$(subst /, ,$(T)))
endif

bench: all
	sh $(srcdir)/tests/bench/run.sh $(CURDIR) $(BENCH)

.PHONY: check check-unit check-layers check-docs check-po check-programs bench $(foreach g,$(GROUPS_ALL),check-$(g))
