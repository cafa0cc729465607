// Collective operations of MPI that give up after a time and say who was missing.

#include <mpi.h>
#include <stdint.h>

// joint is a communicator for the operations and one on which ranks ask each other whether they wait.
typedef struct {
	MPI_Comm work, side;
	int rank, size;
} joint;

int joint_start(joint *j);
void joint_abort(int status);

// Each of these returns 0, a code of MPI, or JOINT_LATE; then missing[r] is 1 for every rank r that did not answer.
enum { JOINT_LATE = -1 };
int joint_max(joint *j, double *x, int n, double seconds, int *missing);
int joint_sum(joint *j, int64_t *x, int n, double seconds, int *missing);
int joint_broadcast(joint *j, void *x, int n, double seconds, int *missing);
