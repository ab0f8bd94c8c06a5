#include <stddef.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

// keep_memory runs before main, and so before the Go runtime starts threads: the number of heaps is settled for good when a
// second thread first allocates.
__attribute__((constructor)) static void keep_memory(void) {
	static const char *const chosen[] = {
		"MALLOC_ARENA_MAX", "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES",
	};
	for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
		if (getenv(chosen[i]) != NULL) {
			return;
		}
	}
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, -1);
}
#endif
