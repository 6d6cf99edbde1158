// SPDX-License-Identifier: MIT
#pragma once

// All of seqpool::model: folders and files that Python saved.

#include <seqpool/model/attention_pools.hpp>
#include <seqpool/model/bge_m3.hpp>
#include <seqpool/model/error.hpp>
#include <seqpool/model/gliclass.hpp>
#include <seqpool/model/image_text_model.hpp>
#include <seqpool/model/multi_vector_encoder.hpp>
#include <seqpool/model/sentence_transformer.hpp>
#include <seqpool/model/sequence_classifier.hpp>
#include <seqpool/model/token_classifier.hpp>
