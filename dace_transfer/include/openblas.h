// The BLAS and LAPACK of the scipy-openblas32 wheel under the names DaCe's expansions call.
#pragma once

#include <omp.h>

#include <cblas.h>
#include <lapacke.h>

namespace dace_transfer {

// OpenBLAS keeps threads of its own beside OpenMP's: it uses as many as OpenMP would use here, that is one inside a
// parallel region. Its thread count is global, but inside a region every caller writes the same value.
inline void match_openmp_threads() {
    const int threads = omp_in_parallel() ? 1 : omp_get_max_threads();
    if (scipy_openblas_get_num_threads() != threads) {
        scipy_openblas_set_num_threads(threads);
    }
}

}  // namespace dace_transfer

#define DACE_TRANSFER_BLAS(name) (::dace_transfer::match_openmp_threads(), scipy_##name)

#define cblas_sgemm DACE_TRANSFER_BLAS(cblas_sgemm)
#define cblas_dgemm DACE_TRANSFER_BLAS(cblas_dgemm)
#define cblas_cgemm DACE_TRANSFER_BLAS(cblas_cgemm)
#define cblas_zgemm DACE_TRANSFER_BLAS(cblas_zgemm)
#define cblas_sgemv DACE_TRANSFER_BLAS(cblas_sgemv)
#define cblas_dgemv DACE_TRANSFER_BLAS(cblas_dgemv)
#define cblas_cgemv DACE_TRANSFER_BLAS(cblas_cgemv)
#define cblas_zgemv DACE_TRANSFER_BLAS(cblas_zgemv)
#define cblas_somatcopy DACE_TRANSFER_BLAS(cblas_somatcopy)
#define cblas_domatcopy DACE_TRANSFER_BLAS(cblas_domatcopy)
#define cblas_comatcopy DACE_TRANSFER_BLAS(cblas_comatcopy)
#define cblas_zomatcopy DACE_TRANSFER_BLAS(cblas_zomatcopy)
#define cblas_sdot DACE_TRANSFER_BLAS(cblas_sdot)
#define cblas_ddot DACE_TRANSFER_BLAS(cblas_ddot)
#define LAPACKE_sgetrf DACE_TRANSFER_BLAS(LAPACKE_sgetrf)
#define LAPACKE_dgetrf DACE_TRANSFER_BLAS(LAPACKE_dgetrf)
#define LAPACKE_cgetrf DACE_TRANSFER_BLAS(LAPACKE_cgetrf)
#define LAPACKE_zgetrf DACE_TRANSFER_BLAS(LAPACKE_zgetrf)
#define LAPACKE_sgetri DACE_TRANSFER_BLAS(LAPACKE_sgetri)
#define LAPACKE_dgetri DACE_TRANSFER_BLAS(LAPACKE_dgetri)
#define LAPACKE_cgetri DACE_TRANSFER_BLAS(LAPACKE_cgetri)
#define LAPACKE_zgetri DACE_TRANSFER_BLAS(LAPACKE_zgetri)
#define LAPACKE_sgetrs DACE_TRANSFER_BLAS(LAPACKE_sgetrs)
#define LAPACKE_dgetrs DACE_TRANSFER_BLAS(LAPACKE_dgetrs)
#define LAPACKE_cgetrs DACE_TRANSFER_BLAS(LAPACKE_cgetrs)
#define LAPACKE_zgetrs DACE_TRANSFER_BLAS(LAPACKE_zgetrs)
#define LAPACKE_spotrf DACE_TRANSFER_BLAS(LAPACKE_spotrf)
#define LAPACKE_dpotrf DACE_TRANSFER_BLAS(LAPACKE_dpotrf)
#define LAPACKE_cpotrf DACE_TRANSFER_BLAS(LAPACKE_cpotrf)
#define LAPACKE_zpotrf DACE_TRANSFER_BLAS(LAPACKE_zpotrf)
