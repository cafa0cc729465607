// What a processor can do for a product of float32 matrices m×k and k×n, beside BenchmarkMul of internal/gemm: the most
// FMAs of AVX-512 that one thread makes, and OpenBLAS with the kernels that it chooses.
//   gcc -O2 .ci/gemm_floor.c -lopenblas -o floor && OPENBLAS_NUM_THREADS=1 ./floor 512 512 512
#include <cblas.h>
#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

char *openblas_get_config(void);
char *openblas_get_corename(void);

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

#define EACH(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15)
enum { CHAINS = 16 }; // more than the 8 that two units with a latency of 4 need

__attribute__((target("avx512f"))) static float fmas(int steps) {
	__m512 x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(1e-4f), sum = y;
#define START(i) __m512 c##i = _mm512_set1_ps(i);
#define STEP(i) c##i = _mm512_fmadd_ps(c##i, x, y);
#define ADD(i) sum = _mm512_add_ps(sum, c##i);
	EACH(START)
	while (steps-- > 0) {
		EACH(STEP)
	}
	EACH(ADD)
	return _mm512_reduce_add_ps(sum);
}

int main(int argc, char **argv) {
	int m = atoi(argv[1]), k = atoi(argv[2]), n = atoi(argv[3]), steps = 100000, rounds = 300;
	float *a = calloc(m * k, sizeof *a), *b = calloc(k * n, sizeof *b), *c = calloc(m * n, sizeof *c);
	for (int i = 0; i < m * k; i++) a[i] = i % 101 - 50;
	for (int i = 0; i < k * n; i++) b[i] = i % 97 - 48;
	double peak = 1e9, blas = 1e9;
	volatile float keep;
	for (int i = 0; i < rounds; i++) {
		double start = now();
		keep = fmas(steps);
		double between = now();
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c, n);
		double end = now();
		if (between - start < peak) peak = between - start;
		if (end - between < blas) blas = end - between;
	}
	(void)keep, (void)argc;
	printf("%s, %s\n", openblas_get_config(), openblas_get_corename());
	printf("%d x %d x %d: OpenBLAS %.0f GFLOP/s, FMAs %.0f GFLOP/s\n", m, k, n, 2e-9 * m * k * n / blas,
		2e-9 * 16 * CHAINS * steps / peak);
}
