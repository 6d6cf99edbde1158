// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_SEQPOOL_HPP
#define SEQPOOL_SEQPOOL_HPP

// Everything that needs Eigen alone: poolings, the driver, heads. Left out: seqpool/io/safetensors.hpp, which
// needs nlohmann/json (CMake target seqpool::io).

#include <seqpool/fold/accumulators.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/head/activation.hpp>
#include <seqpool/head/classifier.hpp>
#include <seqpool/head/linear.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/pooling/attention.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/pooling/last.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#endif
