// What both backends share: where a replica's arrays lie, and the rooms' calls that work on them.
#pragma once

#include "innate/kernels/training.h"
#include "kernels/apply/plan.h"
#include "kernels/basis/call.h"
#include "kernels/batch/call.h"
#include "kernels/classifier/call.h"
#include "kernels/dense/call.h"
#include "kernels/expression/call.h"
#include "kernels/optimizer/call.h"

namespace innate::training {

/// Rows of G numbers from which X comes.
INNATE_HD int64_t places_or_expression(const Shape& s) {
  return s.encoding == Encoding::gem ? s.inputs() : 3 * s.channels;
}

INNATE_HD int64_t encoded(const Shape& s, int64_t genes) {
  switch (s.encoding) {
    case Encoding::direct: return s.inputs() * s.outputs;
    case Encoding::gem:
    case Encoding::spatial_gem: return places_or_expression(s) * genes + genes * genes;
    case Encoding::random_basis: return genes * s.outputs;
    case Encoding::intrinsic_dimension: return genes;
  }
  return 0;
}

/// Numbers of an intrinsic dimension's theta: W, and the bias where it is learned.
INNATE_HD int64_t combined(const Shape& s) {
  return s.inputs() * s.outputs + (s.bias_is_learned ? s.outputs : 0);
}

INNATE_HD int64_t count_parameters(const Shape& s, int64_t genes) {
  const bool own_bias = s.bias_is_learned && s.encoding != Encoding::intrinsic_dimension;
  return encoded(s, genes) + (s.output_is_learned ? s.outputs * genes : 0) + (own_bias ? s.outputs : 0);
}

/// Whether the weights themselves meet the data.
INNATE_HD bool is_dense(Encoding e) { return e == Encoding::direct || e == Encoding::intrinsic_dimension; }

/// A call, as it is handed to a backend; plain data, so that a kernel can take it by value.
struct Call {
  Shape shape;
  Data data;
  Genomes genomes;
  Learning learning;
  int64_t first, count;
  Ragged<float> loss_sum;
  float* workspace;  // `stride` floats a replica
  int64_t stride;
  int64_t fast;  // floats of shared memory a block (0 on the CPU)
  bool scratch;  // transposed operands need room (CPU)
};

/// Hands out a replica's memory: fast while it lasts, then the workspace. Without memory it only counts.
struct Places {
  float* fast;
  int64_t fast_left;
  float* slow;
  int64_t slow_used;

  INNATE_HD static int64_t rounded(int64_t count) { return (count + 3) / 4 * 4; }  // 16 bytes
  INNATE_HD float* take(int64_t count) {
    if (count == 0) return nullptr;
    if (rounded(count) <= fast_left) return take_fast(count);
    float* place = slow + slow_used;
    slow_used += (count + 15) / 16 * 16;
    return place;
  }
  /// `elsewhere`, which has room already, or a copy of it in fast memory.
  INNATE_HD float* take_or(int64_t count, float* elsewhere) {
    return rounded(count) <= fast_left ? take_fast(count) : elsewhere;
  }

 private:
  INNATE_HD float* take_fast(int64_t count) {
    fast_left -= rounded(count);
    float* place = fast;
    if (fast) fast += rounded(count);
    return place;
  }
};

/// One replica's arrays.
struct Arrays {
  int64_t genes, parameters;
  uint32_t* rows;
  uint8_t* labels;
  float *learned, *gradient, *first_moment, *second_moment;
  float* logits;                    // and their gradient, in the same place
  float *u, *v, *x, *du, *dv, *dx;  // spatial_gem
  float *theta, *dtheta;            // intrinsic_dimension
  float* between;                   // workspace of apply, basis or dense
};

INNATE_HD bool is_adam(const Call& c) { return c.learning.optimizer == Learning::Optimizer::adam; }

INNATE_HD basis::ProductShape basis_shape(const Shape& s, int64_t genes) {
  return {1, s.rows, static_cast<int>(s.inputs()), s.outputs, {genes, nullptr, nullptr}, s.density};
}

INNATE_HD int64_t basis_floats(const Call& c, int64_t genes) {
  basis::Replica r{};
  r.rows = c.shape.rows, r.inputs = c.shape.inputs(), r.outputs = c.shape.outputs, r.vectors = genes;
  r.order = basis::cheapest(basis_shape(c.shape, genes), genes, true);
  return basis::lay_out(r, nullptr, c.shape.basis_is_stored, true, c.scratch);
}

/// Floats that apply, basis or dense keep between their products.
INNATE_HD int64_t between_floats(const Call& c, int64_t genes) {
  if (c.shape.encoding == Encoding::random_basis) return basis_floats(c, genes);
  if (is_dense(c.shape.encoding))
    return c.scratch
               ? dense::scratch_floats({1, c.shape.rows, static_cast<int>(c.shape.inputs()), c.shape.outputs})
               : 0;
  apply::Replica r{};
  r.rows = c.shape.rows, r.inputs = c.shape.inputs(), r.outputs = c.shape.outputs, r.genes = genes;
  const apply::Shape shape{1,
                           c.shape.rows,
                           static_cast<int>(r.inputs),
                           c.shape.outputs,
                           {genes, nullptr, nullptr},
                           c.shape.density};
  r.order = apply::cheapest(shape, genes, true);
  return apply::lay_out(r, nullptr, true, c.scratch);
}

/// What is used most in a step comes first.
INNATE_HD Arrays lay_out(const Call& c, int replica, int64_t genes, Places* places) {
  const Shape& s = c.shape;
  const bool spatial = s.encoding == Encoding::spatial_gem;
  const int64_t x = spatial ? s.inputs() * genes : 0, columns = spatial ? s.channels * genes : 0;
  const int64_t u = s.height * columns, v = s.width * columns;
  Arrays a{};
  a.genes = genes;
  a.parameters = count_parameters(s, genes);
  a.rows = reinterpret_cast<uint32_t*>(places->take(s.rows));
  a.labels = reinterpret_cast<uint8_t*>(places->take((s.rows + 3) / 4));
  a.logits = places->take(static_cast<int64_t>(s.rows) * s.outputs);
  const int64_t theta = s.encoding == Encoding::intrinsic_dimension ? combined(s) : 0;
  a.theta = places->take(theta);
  a.dtheta = places->take(theta);
  a.between = places->take(between_floats(c, genes));
  a.u = places->take(u);
  a.v = places->take(v);
  a.du = places->take(u);
  a.dv = places->take(v);
  a.learned = places->take_or(a.parameters, c.genomes.learned[replica]);
  a.gradient = places->take(a.parameters);
  a.x = places->take(x);
  a.dx = places->take(x);
  a.first_moment = places->take_or(a.parameters, c.genomes.first_moment[replica]);
  a.second_moment = is_adam(c) ? places->take_or(a.parameters, c.genomes.second_moment[replica]) : nullptr;
  return a;
}

/// The rooms' calls for one replica, which is their number 0: every array is its own.
struct Calls {
  batch::Call batch;
  expression::Call expression;
  apply::Replica apply;
  basis::Replica basis;
  basis::CombinationCall combination;
  dense::Call dense;
  classifier::Call classifier;
  optimizer::Call optimizer;
};

template <class T>
INNATE_HD Ragged<T> own(T* array) {
  return {array, 0, nullptr};
}

INNATE_HD void set_expression(const Shape& s, const Arrays& a, Calls* calls) {
  expression::Call& e = calls->expression;
  e.shape = {1, s.height, s.width, s.channels, {a.genes, nullptr, nullptr}};
  e.places = own<const float>(a.learned);
  e.u = own(a.u), e.v = own(a.v), e.x = own(a.x), e.du = own(a.du), e.dv = own(a.dv);
  e.u_in = own<const float>(a.u), e.v_in = own<const float>(a.v), e.dx = own<const float>(a.dx);
  e.du_in = own<const float>(a.du), e.dv_in = own<const float>(a.dv), e.dplaces = own(a.gradient);
}

INNATE_HD void set_apply(const Call& c, int replica, const Arrays& a, const Inputs& inputs, Calls* calls) {
  const Shape& s = c.shape;
  const bool spatial = s.encoding == Encoding::spatial_gem;
  const int64_t o = places_or_expression(s) * a.genes, y = o + a.genes * a.genes;
  const int64_t bias = y + (s.output_is_learned ? s.outputs * a.genes : 0);
  apply::Call call{};
  call.shape = {1, s.rows, static_cast<int>(s.inputs()), s.outputs, {a.genes, nullptr, nullptr}, s.density};
  call.inputs = inputs;
  call.factors.x = own<const float>(spatial ? a.x : a.learned);
  call.factors.o = own<const float>(a.learned + o);
  call.factors.y = own(s.output_is_learned ? a.learned + y : c.genomes.output_identity[replica]);
  call.factors.scale = c.genomes.scale ? c.genomes.scale + replica : nullptr;
  call.factors.bias = own(s.bias_is_learned ? a.learned + bias
                          : c.genomes.bias  ? c.genomes.bias[replica]
                                            : nullptr);
  call.outputs = own(a.logits);
  call.dy = own<const float>(a.logits);
  call.gradients.x = own(spatial ? a.dx : a.gradient);
  call.gradients.o = own(a.gradient + o);
  call.gradients.y = own(s.output_is_learned ? a.gradient + y : nullptr);
  call.gradients.bias = own(s.bias_is_learned ? a.gradient + bias : nullptr);
  call.workspace = a.between;
  call.training = true;
  call.scratch = c.scratch;
  calls->apply = call(0);
}

INNATE_HD void set_dense(const Call& c, int replica, const Arrays& a, const Inputs& inputs, Calls* calls) {
  const Shape& s = c.shape;
  dense::Call& d = calls->dense;
  d.shape = {1, s.rows, static_cast<int>(s.inputs()), s.outputs};
  d.inputs = inputs;
  float *weights = a.theta ? a.theta : a.learned, *gradient = a.theta ? a.dtheta : a.gradient;
  const int64_t bias = s.inputs() * s.outputs;
  d.weights = own<const float>(weights);
  d.bias = own<const float>(s.bias_is_learned ? weights + bias
                            : c.genomes.bias  ? c.genomes.bias[replica]
                                              : nullptr);
  d.outputs = own(a.logits);
  d.dy = own<const float>(a.logits);
  d.gradients.weights = own(gradient);
  d.gradients.bias = own(s.bias_is_learned ? gradient + bias : nullptr);
  d.workspace = a.between;
}

INNATE_HD basis::Numbers numbers_of(const Call& c, int replica) {
  if (c.shape.basis_is_stored) return {own(c.genomes.basis[replica]), nullptr};
  return {{}, c.learning.seeds + replica};
}

INNATE_HD void set_basis(const Call& c, int replica, const Arrays& a, const Inputs& inputs, Calls* calls) {
  const Shape& s = c.shape;
  const int64_t bias = encoded(s, a.genes);
  basis::Call call{};
  call.shape = basis_shape(s, a.genes);
  call.inputs = inputs;
  call.numbers = numbers_of(c, replica);
  call.p = own<const float>(a.learned);
  call.scale = c.genomes.scale ? c.genomes.scale + replica : nullptr;
  call.bias = own<const float>(s.bias_is_learned ? a.learned + bias
                               : c.genomes.bias  ? c.genomes.bias[replica]
                                                 : nullptr);
  call.y = own(a.logits);
  call.dy = own<const float>(a.logits);
  call.dp = own(a.gradient);
  call.dbias = own(s.bias_is_learned ? a.gradient + bias : nullptr);
  call.workspace = a.between;
  call.training = true;
  call.scratch = c.scratch;
  calls->basis = call(0);
}

INNATE_HD void set_combination(const Call& c, int replica, const Arrays& a, Calls* calls) {
  basis::CombinationCall& b = calls->combination;
  b.shape = {1, {a.genes, nullptr, nullptr}, combined(c.shape)};
  b.numbers = numbers_of(c, replica);
  b.scale = c.genomes.scale ? c.genomes.scale + replica : nullptr;
  b.c = own<const float>(a.learned);
  b.theta = own(a.theta);
  b.dtheta = own<const float>(a.dtheta);
  b.dc = own(a.gradient);
}

/// Everything but the step's number.
INNATE_HD void assemble(const Call& c, int replica, const Arrays& a, Calls* calls) {
  const Shape& s = c.shape;
  *calls = Calls{};
  batch::Call& b = calls->batch;
  b.shape = {1, s.rows, static_cast<int>(s.inputs()), s.samples};
  b.labels = c.data.labels;
  b.seeds = c.learning.seeds + replica;
  b.out_rows = own(a.rows);
  b.out_labels = own(a.labels);
  Inputs inputs;
  inputs.rows = own<const uint32_t>(a.rows);
  inputs.images = c.data.images;
  inputs.lists = c.data.lists;
  inputs.scale = c.data.scale;
  if (s.encoding == Encoding::spatial_gem) set_expression(s, a, calls);
  if (s.encoding == Encoding::intrinsic_dimension) set_combination(c, replica, a, calls);
  if (is_dense(s.encoding))
    set_dense(c, replica, a, inputs, calls);
  else if (s.encoding == Encoding::random_basis)
    set_basis(c, replica, a, inputs, calls);
  else
    set_apply(c, replica, a, inputs, calls);
  calls->classifier = {{1, s.rows, s.outputs},
                       own<const float>(a.logits),
                       own<const uint8_t>(a.labels),
                       {own(a.logits), own(c.loss_sum[replica]), {}, true}};
  optimizer::Call& o = calls->optimizer;
  o.shape = {1, {a.parameters, nullptr, nullptr}};
  o.rate = c.learning.rate + replica;
  o.gradient = own<const float>(a.gradient);
  o.m = own(a.first_moment), o.v = own(a.second_moment), o.parameters = own(a.learned);
  o.momentum = static_cast<float>(c.learning.sgd.momentum);
}

INNATE_HD void set_step(const Call& c, int64_t step, Calls* calls) {
  calls->batch.set_step(step);
  if (is_adam(c)) calls->optimizer.adam = optimizer::adam_step(c.learning.adam, step + 1);
}

namespace cpu {
void run(Context& context, const Call& call);
}
namespace cuda {
/// Floats of shared memory that a block can have for a replica's arrays on the context's device.
int64_t fast_floats(const Context& context);
void run(Context& context, const Call& call);
}  // namespace cuda

}  // namespace innate::training
