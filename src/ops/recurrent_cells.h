// What a recurrent network does in a step with what its gates are given.
#pragma once

#include "ops/recurrent_activation.h"

namespace octavo {

struct CellOptions {
  int64_t hidden;
  RecurrentActivations activations;
  bool input_forget;  // LSTM: the forget gate is 1 - the input gate
  bool reset_after;   // GRU: linear_before_reset
};

// One step of one sequence.
struct CellRow {
  const CellOptions& options;
  const RecurrentActivation* functions;
  float *h, *c;
  const float* x;          // what the inputs give the gates
  float* gates;            // what the state gives them, and then the gates
  float* reset;            // GRU: what the second product multiplies
  const float* peepholes;  // LSTM, or null
};

struct Cell {
  int gates;
  // The last gate's product of the state waits for another gate, unless reset_after.
  bool has_second_product;
  std::span<const std::string_view> activations;  // where the node names none
  void (*before)(const CellRow&);                 // the second product; may be null
  void (*update)(const CellRow&);
};

extern const Cell kRnnCell, kGruCell, kLstmCell;

}  // namespace octavo
