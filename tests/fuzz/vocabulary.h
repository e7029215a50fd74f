// The words that mean something to Octavo in a file, as its own tables have them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/attrs.h"

namespace octavo::fuzz {

// An operator that a file may have.
struct OperatorWord {
  std::string_view domain, type;
  // Those of its newest form. Nobody lists what only an older form or a compound one has: that is in the corpus.
  std::span<const AttrDef> attributes = {};

  std::string name() const;  // as OpDef::name
};

// All that have a record or a row of an upgrade table, and Constant, which the reader computes.
const std::vector<OperatorWord>& operator_words();
// The one of that name, or null.
const OperatorWord* find_word(std::string_view name);

// What attributes that are strings say.
inline constexpr std::string_view kStrings[] = {
    "NOTSET",
    "VALID",
    "SAME_UPPER",
    "SAME_LOWER",
    "constant",
    "edge",
    "reflect",
    "wrap",
    "row",
    "nearest",
    "linear",
    "cubic",
    "bilinear",
    "bicubic",
    "zeros",
    "border",
    "reflection",
    "DCR",
    "CRD",
    "add",
    "mul",
    "max",
    "min",
    "none",
    "mean",
    "sum",
    "avg",
    "floor",
    "ceil",
    "forward",
    "reverse",
    "bidirectional",
    "tanh",
    "align_corners",
    "asymmetric",
    "half_pixel",
    "stretch",
    "not_larger",
    "output_half_pixel",
    "TFIDF",
    "RIGHT",
    "ij,jk->ik",
    "...i,...i->i",
    "ii->i",
    "round_prefer_ceil",
    "half_pixel_symmetric",
    "tf_crop_and_resize",
    "pytorch_half_pixel",
    "tf_half_pixel_for_nn",
    "round_prefer_floor",
    "Relu",
    "Sigmoid",
};

}  // namespace octavo::fuzz
