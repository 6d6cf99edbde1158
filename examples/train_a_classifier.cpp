// SPDX-License-Identifier: MIT
// The program of docs/train-a-classifier.md, which shows its parts and what they print; tests compare the two. What
// main alone needs is included first. It needs LBFGS++ (Debian: liblbfgspp-dev).
#include <exception>
#include <filesystem>
#include <random>

#include <cstdint>
#include <iostream>
#include <optional>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <seqpool/train/fit.hpp>
#include <seqpool/train/save.hpp>
#include <string>
#include <vector>

using seqpool::Index;

namespace {

void train() {
  // States and labels
  const seqpool::io::Safetensors file("topics.safetensors");         // of examples/data
  const auto states = file.tensor<Eigen::half, 3>("hidden_states");  // [80, 31, 384], by all-MiniLM-L6-v2
  const auto real = file.tensor<std::int64_t, 2>("attention_mask");  // [80, 31]
  const auto topics = file.tensor<std::int64_t, 1>("labels");        // [80], 0 to 3
  const std::vector<std::string> names{"astronomy", "cooking", "finance", "football"};

  const Index half = states.dimension(0) / 2, seq = states.dimension(1), hidden = states.dimension(2);
  const seqpool::HiddenStates x(&states(0, 0, 0), {half, seq, hidden});
  const seqpool::AttentionMask mask(&real(0, 0), {half, seq});
  const std::vector<std::int64_t> labels(topics.data(), topics.data() + half);
  const seqpool::HiddenStates test_x(&states(half, 0, 0), {half, seq, hidden});
  const seqpool::AttentionMask test_mask(&real(half, 0), {half, seq});
  const std::vector<std::int64_t> test_labels(topics.data() + half, topics.data() + 2 * half);

  // A linear head
  const auto fitted = seqpool::fit(seqpool::Mean{}, x, mask, labels, {.C = 10});
  const auto right = [&](const auto& classifier) {
    const auto said = classifier.predict(test_x, test_mask);  // [batch]
    Index count = 0;
    for (Index b = 0; b < said.size(); ++b) count += said(b) == test_labels[static_cast<std::size_t>(b)] ? 1 : 0;
    return count;
  };
  std::cout << right(fitted.classifier) << " of " << half << ", loss " << fitted.loss
            << (fitted.converged ? ", converged" : ", not converged") << "\n";

  // A pooling that learns
  const auto query = seqpool::Attention<Eigen::half>::untrained(hidden);
  const seqpool::FitOptions options{.C = 10, .query_l2 = 0.1};
  const auto learned = seqpool::fit(query, x, mask, labels, options);
  std::cout << right(learned.classifier) << " of " << half << ", loss " << learned.loss
            << (learned.converged ? ", converged" : ", not converged") << "\n";
  const auto weights = seqpool::attention_weights(learned.classifier.pooling(), test_x, test_mask);  // [batch, seq]

  const auto warm = seqpool::fit(learned.classifier, x, mask, labels, {.C = 10, .frozen = {"pooling"}});

  // Stop early
  std::optional<decltype(learned.classifier)> best;
  Index most = -1, since = 0;
  seqpool::FitOptions stopping{.C = 100};
  stopping.progress = [&](const seqpool::FitProgress& now) {
    auto tried = now.classifier<decltype(learned.classifier)>();
    const Index count = right(tried);  // better: of sentences kept aside for this, not of those that test
    since = count > most ? 0 : since + 1;
    if (count > most) most = count, best = tried;
    return since < 10;
  };
  const auto stopped = seqpool::fit(query, x, mask, labels, stopping);

  // Other weights, other labels
  const auto even = seqpool::fit(seqpool::Mean{}, x, mask, labels, {.class_weights = seqpool::balanced(labels, 4)});
  const std::vector<double> trust(static_cast<std::size_t>(half), 0.5);  // a number for each row
  const auto trusted = seqpool::fit(seqpool::Mean{}, x, mask, labels, {.sample_weights = trust});

  Eigen::Tensor<int, 2, Eigen::RowMajor> several(half, 2);  // [batch, classes]: sky, and money or sport
  for (Index b = 0; b < half; ++b) {
    several(b, 0) = labels[static_cast<std::size_t>(b)] == 0 ? 1 : 0;
    several(b, 1) = labels[static_cast<std::size_t>(b)] >= 2 ? 1 : 0;
  }
  const auto tags = seqpool::fit(seqpool::Mean{}, x, mask, several);
  const auto probabilities = seqpool::sigmoid(tags.classifier.logits(test_x, test_mask));  // [batch, classes]

  // More than fits into memory
  Eigen::Tensor<float, 2, Eigen::RowMajor> vectors(half, hidden);
  for (Index first = 0; first < half; first += 8) {  // your encoder's batches
    const seqpool::HiddenStates batch(&states(first, 0, 0), {8, seq, hidden});
    Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> to(&vectors(first, 0), 8, hidden);
    seqpool::pool_into(to, seqpool::Mean{}, batch, seqpool::AttentionMask(&real(first, 0), {8, seq}));
  }
  const auto head = seqpool::fit(vectors, labels, {.C = 10});  // head.classifier is a Linear<float>
  const seqpool::Classifier classifier{seqpool::Mean{}, head.classifier};

  // Save it, and read it again
  seqpool::save("mean.safetensors", fitted, names);
  seqpool::save("attention.safetensors", learned, names);

  const seqpool::io::Safetensors saved("attention.safetensors");
  const seqpool::Classifier again{
      seqpool::Attention{saved.tensor<float, 1>("pooling.query")},
      seqpool::Linear{saved.tensor<float, 2>("head.0.weight"), saved.tensor<float, 1>("head.0.bias")}};
  const std::string json = saved.metadata().at("labels");  // ["astronomy", "cooking", "finance", "football"]

  // Python reads it
  seqpool::save_dense_module("my-encoder/2_Dense", fitted);

  seqpool::save_attention_probe("probe.safetensors", learned, names);

  // Gradients alone
  const auto all = seqpool::gradient(learned.classifier, x, mask, seqpool::CrossEntropy(labels));
  for (const auto& entry : all.parameters.entries())
    std::cout << "d " << entry.name << ": " << all.parameters[entry.name].size() << " numbers\n";
  // all.loss is the loss, and all.tokens d loss / d x, [batch, seq, hidden], with zeros in padding

  Eigen::Tensor<float, 2, Eigen::RowMajor> d_out(half, hidden);  // what comes back from your own layers
  d_out.setConstant(1);
  const auto back = seqpool::gradient(learned.classifier.pooling(), x, mask, d_out);  // back.tokens, back.parameters
}

}  // namespace

int main() {
  try {
    const auto here = std::filesystem::temp_directory_path() /
                      ("seqpool_train_a_classifier_" + std::to_string(std::random_device{}()));
    std::filesystem::create_directories(here);
    std::filesystem::current_path(here);
    std::filesystem::create_symlink(SEQPOOL_EXAMPLES_DATA "/topics.safetensors", "topics.safetensors");
    std::cout.precision(4);
    train();
    std::filesystem::current_path(here.parent_path());
    std::filesystem::remove_all(here);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
