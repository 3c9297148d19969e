# SPDX-License-Identifier: GPL-3.0-or-later
# Reading mail: a program that opens files every way there is.  `make check T=mail` opens the samples here, and
# every message below $CURSUS_CORPUS when that is set.

TESTPROGS_mail = test/mail/open
MAIL_OBJECTS = obj/tests/mail/open.o obj/src/mtm/document.o obj/src/mtm/document-layout.o

test/mail/open: $(MAIL_OBJECTS) $(call archives,mime)
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libraries,mime)

# These start cursus-render.
test/unit/mime/render test/unit/mtm/document: | cursus-render
