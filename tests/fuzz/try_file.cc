#include "fuzz/try_file.h"

#include "fuzz/promises.h"

namespace octavo::fuzz {

namespace {

void try_quantizers(const Model& model, const Feeds& feeds, Random& random) {
  attempt([&] {
    const auto quantized = model.quantize_dynamic(dynamic_options(model, random));
    check_quantized(model, *quantized, feeds);
  });
  attempt([&] {
    const auto quantized = model.quantize_weights(weights_options(model, random));
    check_quantized(model, *quantized, feeds);
  });
  attempt([&] {
    const auto calibration = model.calibrate(static_options(model, random));
    if (!in_time([&] { calibration->observe(feeds.list()); })) return;
    check_quantized(model, *calibration->finish(), feeds);
    check_quantized(model, *calibration->finish_part(plan_subset(*calibration, random)), feeds);
  });
}

}  // namespace

bool try_file(std::span<const std::byte> file) {
  Random random(decisions_of(file));
  std::unique_ptr<Model> model;
  attempt([&] { model = Model::load(file, watched_kernels()); });
  if (!model) return false;
  attempt([&] { model->describe(); });
  std::optional<Feeds> feeds;
  std::optional<Answers> answers;
  attempt([&] {
    feeds = make_feeds(*model, random);
    if (feeds) answers = answers_to(*model, *feeds);
  });
  attempt([&] { check_written(*model, feeds, answers); });
  if (answers) try_quantizers(*model, *feeds, random);
  return true;
}

}  // namespace octavo::fuzz
