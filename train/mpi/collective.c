//go:build mpi

#include "collective.h"

enum { QUESTION = 1, ANSWER = 2 };

static const double grace = 2; // seconds that an answer may take

int joint_start(joint *j) {
	int level, rc;
	if ((rc = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level)) != MPI_SUCCESS) return rc;
	if (level < MPI_THREAD_SERIALIZED) return MPI_ERR_OTHER;
	if ((rc = MPI_Comm_dup(MPI_COMM_WORLD, &j->work)) != MPI_SUCCESS) return rc;
	if ((rc = MPI_Comm_dup(MPI_COMM_WORLD, &j->side)) != MPI_SUCCESS) return rc;
	MPI_Comm_set_errhandler(j->work, MPI_ERRORS_RETURN);
	MPI_Comm_set_errhandler(j->side, MPI_ERRORS_RETURN);
	MPI_Comm_rank(j->work, &j->rank);
	return MPI_Comm_size(j->work, &j->size);
}

void joint_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

// take receives the messages with a tag that are there and returns how many. It answers questions; who answers is not
// missing.
static int take(joint *j, int tag, int *missing) {
	int found, count = 0;
	MPI_Status s;
	while (MPI_Iprobe(MPI_ANY_SOURCE, tag, j->side, &found, &s) == MPI_SUCCESS && found) {
		MPI_Recv(NULL, 0, MPI_BYTE, s.MPI_SOURCE, tag, j->side, MPI_STATUS_IGNORE);
		if (tag == QUESTION) MPI_Send(NULL, 0, MPI_BYTE, s.MPI_SOURCE, ANSWER, j->side);
		if (tag == ANSWER) missing[s.MPI_SOURCE] = 0;
		count++;
	}
	return count;
}

// await waits for an operation. After so many seconds, or when another rank asks, it asks the others whether they wait,
// too: a rank that computes does not answer, nor does one that is gone. MPI_Test leaves the processor to others where
// there are more ranks than processors.
static int await(joint *j, MPI_Request *request, double seconds, int *missing) {
	double start = MPI_Wtime(), asked = 0;
	for (long tries = 1;; tries++) {
		int done, rc = MPI_Test(request, &done, MPI_STATUS_IGNORE);
		if (rc != MPI_SUCCESS || done) return rc;
		if (tries % 256 != 0) continue;
		double now = MPI_Wtime();
		if ((take(j, QUESTION, NULL) > 0 || now - start > seconds) && asked == 0) {
			asked = now;
			take(j, ANSWER, missing); // to an earlier question
			for (int r = 0; r < j->size; r++) {
				if ((missing[r] = r != j->rank)) MPI_Send(NULL, 0, MPI_BYTE, r, QUESTION, j->side);
			}
		}
		if (asked == 0) continue;
		take(j, ANSWER, missing);
		if (now - asked > grace) return JOINT_LATE;
	}
}

int joint_max(joint *j, double *x, int n, double seconds, int *missing) {
	MPI_Request request;
	int rc = MPI_Iallreduce(MPI_IN_PLACE, x, n, MPI_DOUBLE, MPI_MAX, j->work, &request);
	return rc != MPI_SUCCESS ? rc : await(j, &request, seconds, missing);
}

int joint_sum(joint *j, int64_t *x, int n, double seconds, int *missing) {
	MPI_Request request;
	int rc = MPI_Iallreduce(MPI_IN_PLACE, x, n, MPI_INT64_T, MPI_SUM, j->work, &request);
	return rc != MPI_SUCCESS ? rc : await(j, &request, seconds, missing);
}

int joint_broadcast(joint *j, void *x, int n, double seconds, int *missing) {
	MPI_Request request;
	int rc = MPI_Ibcast(x, n, MPI_BYTE, 0, j->work, &request);
	return rc != MPI_SUCCESS ? rc : await(j, &request, seconds, missing);
}
