// Absolute values of complex numbers by the formula, as C's pragma CX_LIMITED_RANGE allows, which compilers inline
// and vectorise; the C library's hypot is a call. Squares of very large and very small numbers leave the range.
#pragma once

#include <cmath>
#include <complex>

// They come before the templates of the standard library where generated code calls abs.
static inline float abs(const std::complex<float>& z) {
    return std::sqrt(z.real() * z.real() + z.imag() * z.imag());
}

static inline double abs(const std::complex<double>& z) {
    return std::sqrt(z.real() * z.real() + z.imag() * z.imag());
}
