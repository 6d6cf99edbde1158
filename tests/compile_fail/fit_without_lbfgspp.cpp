// SPDX-License-Identifier: MIT
#include <seqpool/train/fit.hpp>

// LBFGS++ is an own package, and where it is not there one sentence says which.
int learn() { return seqpool::FitOptions().C > 0 ? 0 : 1; }
