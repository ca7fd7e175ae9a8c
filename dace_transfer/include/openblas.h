// The BLAS and LAPACK of the scipy-openblas32 wheel under the names DaCe's expansions call, on OpenMP's threads.
//
// The wheel brings threads of its own. They and OpenMP's both spin while they wait, and where the two meet on the
// same cores a product of 128 x 128 takes a hundred times as long. So OpenBLAS is handed OpenMP's threads instead.
#pragma once

#include <omp.h>

#include <algorithm>

#include <cblas.h>
#include <lapacke.h>

// Unnamed, so that no symbol outlives a library that is unloaded.
namespace {
namespace dace_transfer {

// Threads OpenBLAS may use here: all of a call's jobs wait for one another, so never more than OpenMP surely gives.
inline int usable_threads() {
    if (omp_in_parallel() || omp_get_dynamic() || omp_get_max_active_levels() < 1) {
        return 1;
    }
    return std::min(omp_get_max_threads(), omp_get_thread_limit());
}

void run_jobs(int, openblas_dojob_callback run, int jobs, size_t size, void *data, int buffer) {
    // OpenBLAS keeps one work space per job number, and the unnamed critical section is one for the whole process.
    #pragma omp critical
    {
        #pragma omp parallel num_threads(jobs)
        {
            const int job = omp_get_thread_num();
            run(job, static_cast<char *>(data) + job * size, buffer);
        }
    }
}

inline void set_threads(int threads) {
    // The count is global, but inside a parallel region every caller writes the same value.
    if (scipy_openblas_get_num_threads() != threads) {
        scipy_openblas_set_num_threads(threads);
    }
}

inline void share_threads() {
    set_threads(usable_threads());
    scipy_openblas_set_threads_callback_function(run_jobs);
}

// The callback must not outlive the library it lies in.
struct Reset {
    ~Reset() {
        #pragma omp critical
        scipy_openblas_set_threads_callback_function(nullptr);
    }
} reset_on_unload;

}  // namespace dace_transfer
}  // namespace

#define DACE_TRANSFER_SHARED(name) (dace_transfer::share_threads(), scipy_##name)
// The LU decomposition queues jobs to OpenBLAS's own threads behind the callback's back.
#define DACE_TRANSFER_SERIAL(name) (dace_transfer::set_threads(1), scipy_##name)

#define cblas_sgemm DACE_TRANSFER_SHARED(cblas_sgemm)
#define cblas_dgemm DACE_TRANSFER_SHARED(cblas_dgemm)
#define cblas_cgemm DACE_TRANSFER_SHARED(cblas_cgemm)
#define cblas_zgemm DACE_TRANSFER_SHARED(cblas_zgemm)
#define cblas_ssyrk DACE_TRANSFER_SHARED(cblas_ssyrk)
#define cblas_dsyrk DACE_TRANSFER_SHARED(cblas_dsyrk)
#define cblas_csyrk DACE_TRANSFER_SHARED(cblas_csyrk)
#define cblas_zsyrk DACE_TRANSFER_SHARED(cblas_zsyrk)
#define cblas_sgemv DACE_TRANSFER_SHARED(cblas_sgemv)
#define cblas_dgemv DACE_TRANSFER_SHARED(cblas_dgemv)
#define cblas_cgemv DACE_TRANSFER_SHARED(cblas_cgemv)
#define cblas_zgemv DACE_TRANSFER_SHARED(cblas_zgemv)
#define cblas_somatcopy DACE_TRANSFER_SHARED(cblas_somatcopy)
#define cblas_domatcopy DACE_TRANSFER_SHARED(cblas_domatcopy)
#define cblas_comatcopy DACE_TRANSFER_SHARED(cblas_comatcopy)
#define cblas_zomatcopy DACE_TRANSFER_SHARED(cblas_zomatcopy)
#define cblas_sdot DACE_TRANSFER_SHARED(cblas_sdot)
#define cblas_ddot DACE_TRANSFER_SHARED(cblas_ddot)
#define LAPACKE_sgetri DACE_TRANSFER_SHARED(LAPACKE_sgetri)
#define LAPACKE_dgetri DACE_TRANSFER_SHARED(LAPACKE_dgetri)
#define LAPACKE_cgetri DACE_TRANSFER_SHARED(LAPACKE_cgetri)
#define LAPACKE_zgetri DACE_TRANSFER_SHARED(LAPACKE_zgetri)
#define LAPACKE_sgetrs DACE_TRANSFER_SHARED(LAPACKE_sgetrs)
#define LAPACKE_dgetrs DACE_TRANSFER_SHARED(LAPACKE_dgetrs)
#define LAPACKE_cgetrs DACE_TRANSFER_SHARED(LAPACKE_cgetrs)
#define LAPACKE_zgetrs DACE_TRANSFER_SHARED(LAPACKE_zgetrs)
#define LAPACKE_spotrf DACE_TRANSFER_SHARED(LAPACKE_spotrf)
#define LAPACKE_dpotrf DACE_TRANSFER_SHARED(LAPACKE_dpotrf)
#define LAPACKE_cpotrf DACE_TRANSFER_SHARED(LAPACKE_cpotrf)
#define LAPACKE_zpotrf DACE_TRANSFER_SHARED(LAPACKE_zpotrf)
#define LAPACKE_sgetrf DACE_TRANSFER_SERIAL(LAPACKE_sgetrf)
#define LAPACKE_dgetrf DACE_TRANSFER_SERIAL(LAPACKE_dgetrf)
#define LAPACKE_cgetrf DACE_TRANSFER_SERIAL(LAPACKE_cgetrf)
#define LAPACKE_zgetrf DACE_TRANSFER_SERIAL(LAPACKE_zgetrf)
