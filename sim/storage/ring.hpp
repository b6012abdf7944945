#pragma once

#include <algorithm>
#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <utility>

namespace systole {

/// A queue inside a block: as std::deque, but its memory is kept, so that a machine that runs
/// steadily allocates nothing.
template <typename T>
class Ring : private boost::circular_buffer<T> {
  using Buffer = boost::circular_buffer<T>;

 public:
  using typename Buffer::const_iterator;
  using typename Buffer::iterator;
  using Buffer::operator[];
  using Buffer::back;
  using Buffer::begin;
  using Buffer::clear;
  using Buffer::empty;
  using Buffer::end;
  using Buffer::front;
  using Buffer::pop_front;
  using Buffer::resize;
  using Buffer::size;

  void pop_front(std::size_t items) { this->erase_begin(items); }
  void push_back(T item) {
    if (this->full()) {
      this->set_capacity(std::max<std::size_t>(kSmallest, 2 * this->capacity()));
    }
    Buffer::push_back(std::move(item));
  }

 private:
  static constexpr std::size_t kSmallest = 8;
};

}  // namespace systole
