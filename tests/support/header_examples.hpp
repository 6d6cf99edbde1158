// SPDX-License-Identifier: MIT
// What the examples in the doc comments of include/seqpool may take for granted. Each example is the body of a function
// in the namespace of its header, such as header_examples::head_linear, which declares the names that mean something
// only there. An example that begins with a template, a struct or a class stands outside such a function.
#ifndef SEQPOOL_TEST_HEADER_EXAMPLES_HPP
#define SEQPOOL_TEST_HEADER_EXAMPLES_HPP

#include <cstdint>
#include <iostream>
#include <seqpool/seqpool.hpp>
#include <span>
#include <string>
#include <vector>

struct MyTensor;  // the tensor of a runtime that has no adapter

namespace header_examples {

using Vector = Eigen::Tensor<float, 1>;
using Matrix = Eigen::Tensor<float, 2, Eigen::RowMajor>;
using States = Eigen::Tensor<float, 3, Eigen::RowMajor>;
using Mask = Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor>;

extern const seqpool::Index batch, seq, hidden, heads, k;
extern const States x, hidden_states;  // [batch, seq, hidden]
extern const float* const data;        // of hidden states
extern const std::vector<States> layers;
extern const Mask mask;  // [batch, seq]
extern const seqpool::CallingThread device;
extern const Vector query;              // [hidden]
extern const Matrix queries;            // [k, hidden]
extern const Vector position_weight;    // [heads]
extern const Matrix weight;             // [out, in]
extern const Vector bias;               // [out]
extern const Matrix projection;         // [out, in]
extern const double scale;              // of scores
extern const Matrix vectors, passages;  // [n, features]
extern const Matrix logits;             // [batch, classes]
extern const Matrix d_out;              // [batch, width]
extern const std::vector<int> labels;   // [batch]
extern const seqpool::MultiheadAttention<float> attention;
extern const seqpool::Classifier<seqpool::Attention<float>, seqpool::Linear<float>> classifier;

namespace fold_accumulators {
extern seqpool::FeatureState<float> state;
extern const seqpool::Accumulators<float> other;
extern const std::span<float> out;
extern const float count;
}  // namespace fold_accumulators
namespace fold_features {
extern seqpool::FeatureState<float> state;
extern const seqpool::TokenBlock<float> tokens;
extern const float* const weights;
extern std::vector<float> sum;
}  // namespace fold_features
namespace fold_parameters {
extern const seqpool::Attention<float> pooling;
}
namespace fold_softmax {
struct Length {
  static seqpool::Index heads() { return 1; }
  static void score(const seqpool::TokenBlock<float>& tile, std::span<float> scores);
};
extern const Length scorer;
extern seqpool::SoftmaxState<float> state;
extern const seqpool::TokenBlock<float> tokens;
extern const std::span<float> out;
}  // namespace fold_softmax
namespace fold_state_parts {
extern seqpool::FeatureState<float> state;
template <class N> void send(std::span<N> numbers);
}  // namespace fold_state_parts
namespace fold_token_block {
extern const seqpool::TokenBlock<float> tokens;
extern float* const sum;  // [hidden]
}  // namespace fold_token_block

namespace head_affine {
extern const Vector scale, shift;  // [features]
}
namespace head_any_head {
extern const struct Config {
  bool normalize;
} config;
extern const seqpool::Mean pooling;
}  // namespace head_any_head
namespace head_attention_probe {
extern const Matrix q_weight, v_weight;
extern const Vector v_bias;
extern const seqpool::AttentionProbe<float> probe;
extern const seqpool::CrossEntropy loss;
}  // namespace head_attention_probe
namespace head_each_query {
extern const Vector weight, bias;  // [features]
}
namespace driver_row_mapper {
extern const seqpool::Rows<const float> rows;
}
namespace head_layer_norm {
extern const Vector weight, bias;  // [features]
}
namespace head_lexical_weights {
extern const seqpool::Linear<float> linear;  // [1, hidden]
extern const Mask input_ids;
extern const Vector idf;  // [vocabulary]
}  // namespace head_lexical_weights
namespace head_loss {
extern const Matrix targets;  // [batch, classes]
}
namespace head_multihead_attention {
extern const seqpool::MultiheadAttentionWeights<float> weights;
extern const seqpool::Embedder<seqpool::Attention<float, Eigen::Dynamic>, seqpool::ValueProjection<float>> embedder;
extern const seqpool::SquaredError loss;
}  // namespace head_multihead_attention
namespace head_pair_features {
extern const seqpool::Linear<float> head;
extern const Matrix u, v;  // [n, features]
}  // namespace head_pair_features
namespace head_quantize {
extern const Matrix some_thousand_vectors;
}
namespace head_skip_connection {
extern const seqpool::LayerNorm<float> norm;
extern const seqpool::Linear<float> fc1, fc2;
}  // namespace head_skip_connection
namespace head_value_projection {
extern const Matrix value, out;
extern const Eigen::Tensor<float, 1, Eigen::RowMajor> value_bias, out_bias;
}  // namespace head_value_projection

namespace input_attention_mask {
extern const std::int64_t* const tokenizer_mask;
extern const seqpool::Index max_len;
}  // namespace input_attention_mask
namespace input_layer_mix {
extern const Vector weights;  // [layers]
extern const seqpool::Mean pooling;
extern const seqpool::LayerMix<seqpool::HiddenStates<float>> mix;
}  // namespace input_layer_mix
namespace input_ragged {
extern const float *const first, *const second;  // [seq, hidden]
extern const std::vector<std::string> texts;
std::vector<std::vector<float>> encode(const std::vector<std::string>& texts);
}
namespace input_skip_prefix {
extern const std::vector<int> prompt_lengths;  // [batch]
}
namespace input_vectors {
extern const seqpool::Index n, features;
}
namespace input_computed_states {
extern const Matrix table;                                         // [words, hidden]
extern const Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> ids;  // [batch, seq]
}  // namespace input_computed_states
namespace input_weighted_states {
extern const Vector idf_of_word;                                   // [vocabulary]
extern const Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> ids;  // [batch, seq]
}
namespace model_image_text_model {
extern const States patches;  // [images, patches, hidden]
}
namespace model_sentence_transformer {
extern const Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> input_ids;  // [batch, seq]
}

namespace pooling_additive_attention {
extern const Vector v, norm_weight, norm_bias;  // [attention]
}
namespace pooling_any_pooling {
extern const std::string config;
}
namespace pooling_generalized_mean {
extern const Vector p;  // [hidden]
}
namespace pooling_max_indices {
extern const seqpool::Index b, h;
}
namespace pooling_max_sim {
extern const Matrix query;                 // [k, hidden]
extern const std::vector<int> query_mask;  // [k]
extern const States documents;
}  // namespace pooling_max_sim
namespace pooling_pooling_named {
extern const std::string config;
}
namespace pooling_positional_attention {
extern const Matrix query;  // [heads, hidden]
}
namespace pooling_self_attentive {
extern const Matrix weight1, weight2;
}
namespace pooling_softmax_pooling {
extern const fold_softmax::Length scorer;
}
namespace pooling_splade {
extern const States logits;  // [batch, seq, vocabulary]
}
namespace pooling_token_weighted_mean {
extern const Matrix weights;  // [batch, seq]
}
namespace stream {
extern std::vector<float> chunk;
extern const seqpool::Index chunk_tokens;
bool read(std::vector<float>& chunk);
}  // namespace stream

namespace adapter_runtime_tensor {
extern const MyTensor& tensor;
extern const MyTensor& attention_mask;
}  // namespace adapter_runtime_tensor
namespace adapter_ggml {
extern struct llama_context* const context;
float* llama_get_embeddings(struct llama_context* context);
extern const seqpool::Index tokens;
extern const std::vector<std::int32_t> seq_ids;
}  // namespace adapter_ggml

namespace io_error {
extern const std::string path;
template <class File> void use(const File& file);
}  // namespace io_error
namespace model_bge_m3 {
extern const Mask input_ids;
}
namespace model_multi_vector_encoder {
extern const Matrix query;  // [k, dimension]
}

namespace train_fit {
extern const std::vector<int> labels;  // [batch]
}
namespace train_fit_options {
extern const seqpool::Classifier<seqpool::Mean, seqpool::Linear<float>> classifier;
extern const std::vector<int> labels;  // [batch]
}  // namespace train_fit_options
namespace train_save {
extern const seqpool::Linear<float> fitted;
}

}  // namespace header_examples

#endif
