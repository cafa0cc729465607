// What the machine allows, on the shapes and in the format of .ci/bench/run: cross entropy of a softmax, mean and gradient,
// as a C compiler makes it, row by row and without what keeps ours exact and stable (no compensated sums, no check of labels,
// no logit far below the largest); and the floor, a loop that only reads logits and labels and writes the gradient.
//
//	cc -O3 -march=native -ffast-math -mprefer-vector-width=512 -DNAME='"C512"' reference.c -lm && ./a.out [runs]
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// exponential is e^x for -87 < x <= 0: 2^n e^r with |r| <= log(2)/2, e^r by its Taylor polynomial of degree 6.
static inline float exponential(float x)
{
	float n = rintf(x * 1.44269504f), r = x - n * 0.693147181f;
	float p = 1 + r * (1 + r * (1 / 2.f + r * (1 / 6.f + r * (1 / 24.f + r * (1 / 120.f + r / 720)))));
	union { int32_t i; float f; } power = { .i = ((int32_t)n + 127) << 23 };
	return p * power.f;
}

// row returns the loss of a row and stores scale times its gradient, for labels t or, where t is NULL, class y.
static inline float row(const float *restrict z, const float *restrict t, long y, float *restrict g, long k, float scale)
{
	float max = z[0], sum = 0, labels = 0, dot = 0;
	for (long j = 1; j < k; j++)
		max = z[j] > max ? z[j] : max;
	if (!t) {
		for (long j = 0; j < k; j++)
			sum += g[j] = exponential(z[j] - max);
		float f = scale / sum;
		for (long j = 0; j < k; j++)
			g[j] *= f;
		g[y] -= scale;
		return logf(sum) + max - z[y];
	}
	for (long j = 0; j < k; j++) {
		sum += g[j] = exponential(z[j] - max);
		labels += t[j];
		dot += t[j] * (z[j] - max);
	}
	float f = labels / sum * scale;
	for (long j = 0; j < k; j++)
		g[j] = g[j] * f - t[j] * scale;
	return logf(sum) * labels - dot;
}

static float *z, *t, *g;

static float soft(long n, long k)
{
	float loss = 0;
	for (long i = 0; i < n; i++)
		loss += row(z + i * k, t + i * k, 0, g + i * k, k, 1.f / n);
	return loss / n;
}

static float indexed(long n, long k)
{
	float loss = 0;
	for (long i = 0; i < n; i++)
		loss += row(z + i * k, NULL, i * 31 % k, g + i * k, k, 1.f / n);
	return loss / n;
}

static float nothing(long n, long k)
{
	for (long i = 0; i < n * k; i++)
		g[i] = 2 * z[i] - t[i];
	return 0;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void measure(const char *impl, const char *target, float (*f)(long, long), long n, long k, int runs)
{
	long times = 40000000 / (n * k + 100) + 1;
	volatile float loss = f(n, k); // the first is to warm up
	for (int run = 0; run < runs; run++) {
		double start = now();
		for (long i = 0; i < times; i++)
			loss = f(n, k);
		printf("BenchmarkEvalGrad/impl=%s/loss=ce/dtype=f32/target=%s/n=%ld/k=%ld %ld %.1f ns/op\n", impl, target, n, k, times,
		       (now() - start) / times);
	}
	(void)loss;
}

int main(int argc, char **argv)
{
	static const long shapes[][2] = { { 1, 10 }, { 1, 64 }, { 1, 1000 }, { 64, 10 }, { 8192, 2 }, { 8192, 3 }, { 8192, 10 },
		                                { 1024, 100 }, { 256, 1000 }, { 4096, 1000 }, { 128, 32000 } };
	int runs = argc > 1 ? atoi(argv[1]) : 1;
	for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		long n = shapes[i][0], k = shapes[i][1];
		z = malloc(n * k * sizeof *z), t = malloc(n * k * sizeof *t), g = malloc(n * k * sizeof *g);
		for (long j = 0; j < n * k; j++)
			z[j] = j * 2654435761 % 1024 / 128.f - 4, t[j] = 1.f / k, g[j] = 0;
		measure(NAME, "soft", soft, n, k, runs);
		measure(NAME, "index", indexed, n, k, runs);
		if (!strcmp(NAME, "C512"))
			measure("floor", "soft", nothing, n, k, runs);
		free(z), free(t), free(g);
	}
	return 0;
}
