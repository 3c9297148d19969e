# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz targets: every tests/fuzz/ROOM_WHAT.c is fuzz/ROOM_WHAT, linked with the room it is named after and the
# rooms below that, all compiled once more with clang's fuzzer flags into obj-fuzz/.
#   make fuzz                            builds them
#   make [-j2] fuzz-run SECONDS=30 [FUZZ=NAME] runs each from its seeds in tests/fuzz/seeds/NAME/; what was found new
#                                        is kept in fuzz/corpus/NAME/, what crashed in fuzz/NAME-crash-...
#   make fuzz-long [FUZZ=NAME]           the same, half an hour each; no part of contrib/check

FUZZ_CC = clang
FUZZ_SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_TARGETS = $(patsubst $(srcdir)/tests/fuzz/%.c,fuzz/%,$(wildcard $(srcdir)/tests/fuzz/*.c))
FUZZ ?= $(notdir $(FUZZ_TARGETS))
SECONDS = 30

fuzz_room = $(firstword $(subst _, ,$(notdir $(1))))
fuzz_objects = $(foreach r,$(NEED_$(1)),$(patsubst $(srcdir)/%.c,obj-fuzz/%.o,$(filter-out %/main.c,$(wildcard $(srcdir)/src/$(r)/*.c))))
# The flags of the build without what belongs to another compiler or is in the fuzzer's way.
FUZZ_CFLAGS = $(filter-out -W% -f% -O% -U_FORTIFY% -D_FORTIFY%,$(ALL_CFLAGS)) -g -O1 -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link $(FUZZ_SANITIZERS) -I$(srcdir)/tests \
	$(foreach r,text net mime store render,$(CFLAGS_$(r)))

obj-fuzz/%.o: $(srcdir)/%.c config.h
	$(say) FUZZCC $(patsubst $(srcdir)/%,%,$<)
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

.SECONDARY: $(patsubst fuzz/%,obj-fuzz/tests/fuzz/%.o,$(FUZZ_TARGETS)) \
	$(sort $(foreach t,$(FUZZ_TARGETS),$(call fuzz_objects,$(call fuzz_room,$(t)))))
fuzz/%: obj-fuzz/tests/fuzz/%.o $$(call fuzz_objects,$$(call fuzz_room,$$@))
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) -fsanitize=fuzzer $(FUZZ_SANITIZERS) -o $@ $^ $(call libraries,$(call fuzz_room,$@))

fuzz: $(FUZZ_TARGETS)
fuzz-run: $(addprefix fuzz-run/,$(FUZZ))
fuzz-run/%: fuzz/%
	@mkdir -p fuzz/corpus/$*; fuzz/$* -max_total_time=$(SECONDS) -print_final_stats=1 -artifact_prefix=fuzz/$*- \
	    fuzz/corpus/$* $(srcdir)/tests/fuzz/seeds/$* 2>fuzz/$*.log || { cat fuzz/$*.log; exit 1; }
	@sed -n "s/^stat::number_of_executed_units: */fuzz $*: runs /p" fuzz/$*.log

fuzz-long:
	@$(MAKE) --no-print-directory fuzz-run SECONDS=1800

.PHONY: fuzz fuzz-run fuzz-long
-include $(shell find obj-fuzz -name '*.d' 2>/dev/null)
