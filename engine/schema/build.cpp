// The builders: each makes one kind of value or field.
#include <innate/engine/schema.h>

namespace innate::engine {
namespace {

Value of_kind(Value::Kind kind) {
  Value value;
  value.kind = kind;
  return value;
}

Value range(Value::Kind kind, double least, double greatest) {
  Value value = of_kind(kind);
  value.least = least;
  value.greatest = greatest;
  return value;
}

}  // namespace

Value integer(double least, double greatest) { return range(Value::Kind::integer, least, greatest); }

Value number(double least, double greatest) { return range(Value::Kind::number, least, greatest); }

Value number_above(double least) {
  Value value = number(least);
  value.least_excluded = true;
  return value;
}

Value number_below(double least, double greatest) {
  Value value = number(least, greatest);
  value.greatest_excluded = true;
  return value;
}

Value wide(Value number) {
  number.wide = true;
  return number;
}

Value boolean() { return of_kind(Value::Kind::boolean); }

Value text() { return of_kind(Value::Kind::text); }

Value word(std::vector<std::string> words) {
  Value value = of_kind(Value::Kind::word);
  value.words = std::move(words);
  return value;
}

Value list(Value of, int least_items) {
  Value value = of_kind(Value::Kind::list);
  value.of.push_back(std::move(of));
  value.least_items = least_items;
  return value;
}

Value object(std::vector<Field> fields, std::vector<std::vector<std::string>> exactly_one) {
  Value value = of_kind(Value::Kind::object);
  value.fields = std::move(fields);
  value.exactly_one = std::move(exactly_one);
  return value;
}

Value variant(std::vector<Type> types) {
  Value value = of_kind(Value::Kind::variant);
  value.types = std::move(types);
  return value;
}

Value either(std::vector<Value> alternatives) {
  Value value = of_kind(Value::Kind::either);
  value.of = std::move(alternatives);
  return value;
}

Value preset(std::vector<std::pair<std::string, Json>> presets, Value object) {
  Value value = of_kind(Value::Kind::preset);
  value.presets = std::move(presets);
  value.of.push_back(std::move(object));
  return value;
}

Value anything(std::string shape) {
  Value value = of_kind(Value::Kind::free);
  value.shape = std::move(shape);
  return value;
}

Field required(std::string name, Value value, std::string help) {
  return {std::move(name), std::move(value), true, nullptr, std::move(help)};
}

Field optional(std::string name, Value value, Json fallback, std::string help) {
  return {std::move(name), std::move(value), false, std::move(fallback), std::move(help)};
}

Field maybe(std::string name, Value value, std::string help) {
  return {std::move(name), std::move(value), false, nullptr, std::move(help)};
}

}  // namespace innate::engine
