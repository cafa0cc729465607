// What MPI itself takes to sum gradients: MPI_Allreduce of n float32, beside BenchmarkReduce of train/mpi.
//   mpicc -O2 .ci/mpi_floor.c -o floor && mpirun -np 2 ./floor 101770
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int rank, n = argc > 1 ? atoi(argv[1]) : 101770, rounds = 300;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	float *x = calloc(n, sizeof *x);
	double best = 1e9;
	for (int i = 0; i < rounds; i++) {
		MPI_Barrier(MPI_COMM_WORLD);
		double start = MPI_Wtime();
		MPI_Allreduce(MPI_IN_PLACE, x, n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
		double took = MPI_Wtime() - start;
		if (took < best) best = took;
	}
	if (rank == 0) printf("%d float32: %zu bytes, %.1f us\n", n, n * sizeof *x, 1e6 * best);
	free(x);
	MPI_Finalize();
}
