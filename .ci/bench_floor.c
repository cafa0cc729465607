// What the memory allows: the time of a loop that does nothing but read logits and labels and write the gradient, on the shapes
// and in the format of .ci/bench.
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

#define MEASURE(T, name)                                                                             \
	static void measure_##name(long n, long k, int runs)                                               \
	{                                                                                                  \
		long size = n * k, reps = 20000000 / size + 1;                                                   \
		T *z = malloc(size * sizeof(T)), *t = malloc(size * sizeof(T)), *g = malloc(size * sizeof(T));   \
		for (long i = 0; i < size; i++)                                                                  \
			z[i] = i % 7, t[i] = i % 5, g[i] = 0;                                                          \
		for (int run = -1; run < runs; run++) { /* the first is to warm up */                            \
			double start = now();                                                                          \
			for (long r = 0; r < reps; r++) {                                                              \
				for (long i = 0; i < size; i++)                                                              \
					g[i] = 2 * z[i] - t[i];                                                                    \
				__asm__ volatile("" : : "r"(g) : "memory");                                                  \
			}                                                                                              \
			if (run >= 0)                                                                                  \
				printf("BenchmarkEvalGrad/impl=floor/loss=ce/dtype=" #name "/target=soft/n=%ld/k=%ld %ld %.1f ns/op\n", \
					n, k, reps, (now() - start) / reps);                                                         \
		}                                                                                                \
		free(z), free(t), free(g);                                                                       \
	}

MEASURE(float, f32)
MEASURE(double, f64)

int main(int argc, char **argv)
{
	static const long shapes[][2] = { { 64, 10 }, { 8192, 10 }, { 256, 1000 }, { 4096, 1000 }, { 128, 32000 } };
	int runs = argc > 1 ? atoi(argv[1]) : 7;
	for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		measure_f32(shapes[i][0], shapes[i][1], runs);
		measure_f64(shapes[i][0], shapes[i][1], runs);
	}
	return 0;
}
