# SPDX-License-Identifier: GPL-3.0-or-later
# What takes longer than a check may: `make two` (a second client, 20 seeds of 500 steps) and `make faults` (every
# point of the sweep).

two: all
	TWO_SEEDS=$${TWO_SEEDS:-20} TWO_STEPS=$${TWO_STEPS:-500} sh $(srcdir)/tests/fault/run.sh $(CURDIR) two

faults: all
	SWEEP_POINTS=all sh $(srcdir)/tests/fault/run.sh $(CURDIR) sweep

.PHONY: two faults
