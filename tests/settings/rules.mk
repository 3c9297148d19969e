# SPDX-License-Identifier: GPL-3.0-or-later
# Settings of the screen are looked at by the driver of the screen tests.
ifeq ($(HAVE_VTERM),yes)
TESTPROGS_settings = test/screen/driver
endif
