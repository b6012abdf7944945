#include "sim/onnx/node.hpp"

namespace systole::onnx {

using Attribute = file::AttributeProto;

std::string Node::op() const {
  const std::string& domain = proto_.domain();
  const std::string prefix = domain.empty() || domain == "ai.onnx" ? "" : domain + ".";
  return printable_name(prefix + proto_.op_type());
}

std::string Node::where() const {
  const std::string name = proto_.name().empty() ? "" : " '" + printable_name(proto_.name()) + "'";
  return "node " + std::to_string(index_) + " (" + op() + name + ")";
}

void Node::expect_inputs(std::size_t least, std::size_t most) const {
  if (inputs() < least || inputs() > most) {
    throw NodeError{
        "has " + std::to_string(inputs()) + " inputs, expected " + std::to_string(least) +
        (most == least ? "" : (most > inputs() ? " or more" : ".." + std::to_string(most)))};
  }
  for (std::size_t i = 0; i < least; ++i) {
    if (!has(i)) {
      throw NodeError{"has no input " + std::to_string(i) + ", which it needs"};
    }
  }
}

void Node::expect_outputs(std::size_t most) const {
  std::size_t given = outputs();
  while (given > 0 && output(given - 1).empty()) {
    --given;
  }
  if (given < 1 || given > most) {
    throw NodeError{"has " + std::to_string(given) + " outputs, expected 1" +
                    (most == 1            ? ""
                     : most == kAnyNumber ? " or more"
                                          : ".." + std::to_string(most))};
  }
}

const Attribute* Node::find(const std::string& name, Attribute::AttributeType type) const {
  asked_.insert(name);
  for (const Attribute& attribute : proto_.attribute()) {
    if (attribute.name() != name) {
      continue;
    }
    if (attribute.type() != type || !attribute.ref_attr_name().empty()) {
      throw NodeError{"has an attribute '" + name + "' of " +
                      Attribute::AttributeType_Name(attribute.type()) + ", expected " +
                      Attribute::AttributeType_Name(type)};
    }
    return &attribute;
  }
  return nullptr;
}

bool Node::has_attribute(const std::string& name) const {
  asked_.insert(name);
  for (const Attribute& attribute : proto_.attribute()) {
    if (attribute.name() == name) {
      return true;
    }
  }
  return false;
}

std::int64_t Node::integer(const std::string& name, std::int64_t fallback) const {
  const Attribute* const found = find(name, Attribute::INT);
  return found == nullptr ? fallback : found->i();
}

float Node::real(const std::string& name, float fallback) const {
  const Attribute* const found = find(name, Attribute::FLOAT);
  return found == nullptr ? fallback : found->f();
}

std::string Node::text(const std::string& name, const std::string& fallback) const {
  const Attribute* const found = find(name, Attribute::STRING);
  return found == nullptr ? fallback : found->s();
}

std::optional<std::vector<std::int64_t>> Node::integers(const std::string& name) const {
  const Attribute* const found = find(name, Attribute::INTS);
  if (found == nullptr) {
    return std::nullopt;
  }
  return std::vector<std::int64_t>{found->ints().begin(), found->ints().end()};
}

const file::TensorProto* Node::tensor(const std::string& name) const {
  const Attribute* const found = find(name, Attribute::TENSOR);
  return found == nullptr ? nullptr : &found->t();
}

void Node::expect_no_other_attributes() const {
  std::set<std::string> seen;
  for (const Attribute& attribute : proto_.attribute()) {
    if (!seen.insert(attribute.name()).second) {
      throw NodeError{"has the attribute '" + printable_name(attribute.name()) + "' twice"};
    }
    if (asked_.count(attribute.name()) == 0) {
      throw NodeError{"has the attribute '" + printable_name(attribute.name()) +
                      "', which is not supported"};
    }
  }
}

}  // namespace systole::onnx
