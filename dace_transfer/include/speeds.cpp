// Speeds of this machine: bytes per second of a stream over buffers of given sizes, and of a copy between buffers that
// are together as large as the last of them; operations per second of independent fused multiply-adds in registers,
// divisions and exponentials per second in the first cache, all in double and in single precision; and the cost of one
// parallel region. One number per line.
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

// Vector versions of these are in the C library, whose headers offer them to imprecise arithmetic only.
extern "C" __attribute__((simd("notinbranch"))) double exp(double) noexcept;
extern "C" __attribute__((simd("notinbranch"))) float expf(float) noexcept;

#if defined(__AVX512F__)
#define WIDTH 64
#elif defined(__AVX__)
#define WIDTH 32
#else
#define WIDTH 16
#endif

// Shortest of several repeats, each of about `slice` seconds: what the machine can do when left alone.
template <typename Work>
static double seconds_per_call(Work work, double slice) {
    long calls = 1;
    double best = 1e30;
    for (int repeat = 0; repeat < 25;) {
        const double start = omp_get_wtime();
        for (long call = 0; call < calls; ++call) {
            work();
        }
        const double spent = omp_get_wtime() - start;
        if (spent < slice / 2) {
            calls *= 2;
            continue;
        }
        best = std::min(best, spent / calls);
        ++repeat;
    }
    return best;
}

// Every thread scales a buffer of its own, so the bytes per thread decide the level of the caches that serves it.
static double stream(long bytes_per_thread) {
    const long length = std::max(256L, bytes_per_thread / (long)sizeof(double));
    const int threads = omp_get_max_threads();
    std::vector<double *> buffers(threads);
    #pragma omp parallel
    {
        double *own = static_cast<double *>(std::aligned_alloc(64, (length * sizeof(double) + 63) / 64 * 64));
        std::fill(own, own + length, 1.0);
        buffers[omp_get_thread_num()] = own;
    }
    // Enough passes in one region that entering it does not count.
    const long passes = std::max(1L, (1L << 22) / length);
    const double seconds = seconds_per_call(
        [&] {
            #pragma omp parallel
            {
                double *own = buffers[omp_get_thread_num()];
                for (long pass = 0; pass < passes; ++pass) {
                    #pragma omp simd aligned(own : 64)
                    for (long i = 0; i < length; ++i) {
                        own[i] = own[i] * 0.5 + 1.0;
                    }
                    asm volatile("" : : "r"(own) : "memory");
                }
            }
        },
        0.02);
    for (double *buffer : buffers) {
        std::free(buffer);
    }
    return 2.0 * sizeof(double) * length * passes * threads / seconds;
}

// Every thread copies to memory that it does not read: caches fetch what is overwritten, unless told otherwise.
static double copy(long bytes_per_thread) {
    const long length = std::max(256L, bytes_per_thread / 2 / (long)sizeof(double));
    const long bytes = (length * sizeof(double) + 63) / 64 * 64;
    const int threads = omp_get_max_threads();
    std::vector<double *> from(threads), to(threads);
    #pragma omp parallel
    {
        const int own = omp_get_thread_num();
        from[own] = static_cast<double *>(std::aligned_alloc(64, bytes));
        to[own] = static_cast<double *>(std::aligned_alloc(64, bytes));
        std::fill(from[own], from[own] + length, 1.0);
        std::fill(to[own], to[own] + length, 1.0);
    }
    const double seconds = seconds_per_call(
        [&] {
            #pragma omp parallel
            {
                const double *source = from[omp_get_thread_num()];
                double *target = to[omp_get_thread_num()];
                #pragma omp simd aligned(source, target : 64)
                for (long i = 0; i < length; ++i) {
                    target[i] = source[i] * 0.5;
                }
                asm volatile("" : : "r"(target) : "memory");
            }
        },
        0.02);
    for (int own = 0; own < threads; ++own) {
        std::free(from[own]);
        std::free(to[own]);
    }
    return 2.0 * sizeof(double) * length * threads / seconds;
}

// Sixteen chains of vectors hide the latency of a multiply-add on every CPU with two units.
template <typename Number>
static double multiply_adds() {
    typedef Number Vector __attribute__((vector_size(WIDTH)));
    const int lanes = WIDTH / sizeof(Number), chains = 16;
    const long steps = 200000;
    const double seconds = seconds_per_call(
        [&] {
            #pragma omp parallel
            {
                Vector chain[chains];
                for (int c = 0; c < chains; ++c) {
                    chain[c] = Vector{} + Number(c);
                }
                const Vector factor = Vector{} + Number(0.999), term = Vector{} + Number(0.001);
                for (long step = 0; step < steps; ++step) {
                    #pragma GCC unroll 16
                    for (int c = 0; c < chains; ++c) {
                        chain[c] = chain[c] * factor + term;
                    }
                }
                for (int c = 0; c < chains; ++c) {
                    asm volatile("" : : "m"(chain[c]));
                }
            }
        },
        0.02);
    return 2.0 * chains * lanes * steps * omp_get_max_threads() / seconds;
}

// Elements per second that a function is applied to, in vectors, where neither memory nor latency counts.
template <typename Number, typename Function>
static double applications(Function function) {
    const int length = 1024, passes = 200;
    const double seconds = seconds_per_call(
        [&] {
            #pragma omp parallel
            {
                alignas(64) Number from[length], to[length];
                for (int i = 0; i < length; ++i) {
                    from[i] = Number(1) + Number(i) / length;
                }
                for (int pass = 0; pass < passes; ++pass) {
                    asm volatile("" : : "r"(from), "r"(to) : "memory");
                    #pragma omp simd aligned(from, to : 64)
                    for (int i = 0; i < length; ++i) {
                        to[i] = function(from[i]);
                    }
                }
                asm volatile("" : : "r"(to) : "memory");
            }
        },
        0.02);
    return 1.0 * length * passes * omp_get_max_threads() / seconds;
}

int main(int count, char **arguments) {
    for (int i = 1; i < count; ++i) {
        std::printf("%.6g\n", stream(std::atol(arguments[i])));
    }
    std::printf("%.6g\n", copy(std::atol(arguments[count - 1])));
    std::printf("%.6g\n%.6g\n", multiply_adds<double>(), multiply_adds<float>());
    std::printf("%.6g\n", applications<double>([](double x) { return 3.0 / x; }));
    std::printf("%.6g\n", applications<float>([](float x) { return 3.0f / x; }));
    std::printf("%.6g\n", applications<double>([](double x) { return exp(x); }));
    std::printf("%.6g\n", applications<float>([](float x) { return expf(x); }));
    const double region = seconds_per_call(
        [] {
            #pragma omp parallel
            asm volatile("" : : : "memory");
        },
        0.02);
    std::printf("%.6g\n", region);
}
