# SPDX-License-Identifier: GPL-3.0-or-later
# Reading mail: a program that opens files every way there is.  `make check T=mail` opens the samples here, and
# every message below $CURSUS_CORPUS when that is set.

TESTPROGS_mail = test/mail/open
MAIL_ARCHIVES = lib/mtm.a $(call archives,mime)

test/mail/open: obj/tests/mail/open.o $(MAIL_ARCHIVES)
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libraries,mime)

# These start cursus-render.
test/unit/mime/render test/unit/mtm/document: | cursus-render
