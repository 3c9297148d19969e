# SPDX-License-Identifier: GPL-3.0-or-later
# What takes longer than a check may: `make two` (a second client, 20 seeds of 500 steps), `make faults` (every point of
# the sweep) and `make crowd SECONDS=300` (many processes on one store, killed at random).

two: all
	TWO_SEEDS=$${TWO_SEEDS:-20} TWO_STEPS=$${TWO_STEPS:-500} sh $(srcdir)/tests/fault/run.sh $(CURDIR) two

faults: all
	SWEEP_POINTS=all sh $(srcdir)/tests/fault/run.sh $(CURDIR) sweep

crowd: all
	CROWD_SECONDS=$(if $(filter command% environment%,$(origin SECONDS)),$(SECONDS),300) sh $(srcdir)/tests/fault/run.sh $(CURDIR) crowd

.PHONY: two faults crowd
