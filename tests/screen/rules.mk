# SPDX-License-Identifier: GPL-3.0-or-later
# The driver of the screen tests: a terminal (libvterm) in the test process, with the real program on it.
ifeq ($(HAVE_VTERM),yes)
TESTPROGS_screen = test/screen/driver
test/screen/driver: obj/tests/screen/driver.o obj/tests/screen/terminal.o obj/tests/screen/script.o
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(VTERM_LIBS) $(LIBS_base) -lutil
endif
