# SPDX-License-Identifier: GPL-3.0-or-later
# The player of dialogues (see README here).
TESTPROGS_dialogue = test/dialogue/talk
test/dialogue/talk: obj/tests/dialogue/talk.o obj/tests/dialogue/server.o obj/tests/dialogue/client.o $(call archives,imap)
	$(say) LINK $@
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libraries,imap)
