/* A Neural Turing Machine over a whole sequence, forward and backward, in C: the yardstick for the
 * fused kernels of memnets.
 *
 * Computes what memnets' reference does for an LSTM of one layer, soft addresses, three shifts, the
 * constant starting memory and one-hot starting weightings; write heads address and write first,
 * read heads address and read what was written. Any slots, width, heads and controller size.
 *
 * - Memory is W x N, so that the inner loops run over slots and vectorise.
 * - A thread owns a chunk of samples for all time steps; nothing is shared, nothing waits.
 * - Memory is kept every `segment` steps; the backward pass writes the rest again.
 * - Products with weights go through a register-tiled kernel on packed panels.
 * - The input projection, the readout and the gradients of weights are the caller's (one product
 *   each over all steps).
 *
 * Compile with -O3 -march=native -fopenmp -ffp-contract=fast -fno-math-errno -fno-trapping-math
 * -fno-signed-zeros -fassociative-math: what -ffast-math has of use, without its assumption that
 * nothing is NaN and without the start-up code that changes the whole process to flush denormals.
 */
#include "equations.h"

#include <omp.h>
#include <stddef.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* ---- what a chunk works on ------------------------------------------------------------------- */

typedef struct {
    const float *inputs;                    /* (T, B, 4C) input projection with both biases */
    const float *bias;                      /* (I) of the interface */
    const float *recurrent, *interface;     /* packed weights */
    float *history, *hidden, *reads;        /* hidden (T, B, C), reads (T, B, RW) */
    const float *grad_hidden, *grad_reads;
    float *grad_gates, *grad_raw;           /* (T, B, 4C), (T, B, I): before their squashings */
} Pass;

/* The next n floats of the scratch memory, which starts out zero. */
static float *grab(float **scratch, size_t n)
{
    float *p = *scratch;
    *scratch += ROUND_UP(n);
    return p;
}

static void forward_chunk(const Sizes *z, const Pass *p, int first, int rows, float *scratch)
{
    const int T = z->steps, B = z->batch, N = z->slots, W = z->width, C = z->hidden;
    const int P = z->writes, H = P + z->reads, RW = z->reads * W, NW = N * W;
    const Layout l = layout(z);
    const Record o = record(z);
    const int D = RW + C, ldd = ROUND_UP(D), ldg = ROUND_UP(4 * C), ldi = ROUND_UP(l.size);
    float *driven = grab(&scratch, rows * ldd), *gates = grab(&scratch, rows * ldg);
    float *raw = grab(&scratch, rows * ldi), *cell0 = grab(&scratch, C);
    float *memory = grab(&scratch, rows * ROUND_UP(NW)), *start = grab(&scratch, N);
    float *norm0 = grab(&scratch, N), *dot = grab(&scratch, N), *two = grab(&scratch, 2 * N);
    float *between = grab(&scratch, N + 32) + 16;
    start[0] = 1.0f;
    for (int i = 0; i < rows * ROUND_UP(NW); i++) memory[i] = MEMORY_START;
    norms(norm0, memory, W, N);
    START
    for (int t = 0; t < T; t++) {
        for (int b = 0; b < rows; b++) {
            memcpy(gates + b * ldg, p->inputs + ((size_t)t * B + first + b) * 4 * C, 16 * C);
            memcpy(raw + b * ldi, p->bias, 4 * l.size);
        }
        DONE(COPY)
        product(rows, driven, ldd, p->recurrent, D, 4 * C, gates, ldg);
        DONE(GEMM)
        for (int b = 0; b < rows; b++) {
            float *rec = p->history + (first + b) * per_sample(z) + (size_t)t * o.size;
            float *h = driven + b * ldd + RW;
            const float *was = t ? rec - o.size + o.cell : cell0;
            lstm(C, gates + b * ldg, was, rec + o.gates, rec + o.cell, h);
            memcpy(p->hidden + ((size_t)t * B + first + b) * C, h, 4 * C);
        }
        DONE(LSTM)
        product(rows, driven + RW, ldd, p->interface, C, l.size, raw, ldi);
        DONE(GEMM)
        for (int b = 0; b < rows; b++) {
            float *sample = p->history + (first + b) * per_sample(z);
            float *rec = sample + (size_t)t * o.size;
            float *M = memory + b * ROUND_UP(NW);
            if (t % z->segment == 0)
                memcpy(sample + (size_t)T * o.size + t / z->segment * ROUND_UP(NW), M, 4 * NW);
            DONE(COPY)
            squash(z, &l, &o, raw + b * ldi, rec);
            DONE(SQUASH)
            const float *head = rec + o.head, *norm = t ? rec - o.size + o.norm : norm0;
            for (int h = 0; h < H; h++) {
                if (h == P) {
                    write(z, rec + o.weights, head + l.erase, head + l.add, M, M, two);
                    norms(rec + o.norm, M, W, N);
                    norm = rec + o.norm;
                    DONE(WRITE)
                }
                memset(dot, 0, 4 * N);
                dots(dot, M, head + l.key + h * W, W, N);
                const float *before = t ? rec - o.size + o.weights + h * N : start;
                address(z, &l, &o, h, rec, norm, dot, before, between);
            }
            for (int r = 0; r < z->reads; r++)
                read_rows(driven + b * ldd + r * W, M, rec + o.weights + (P + r) * N, W, N);
            memcpy(p->reads + ((size_t)t * B + first + b) * RW, driven + b * ldd, 4 * RW);
            DONE(READ)
        }
    }
}

/* ---- backward ------------------------------------------------------------------------------- */

static void backward_chunk(const Sizes *z, const Pass *p, int first, int rows, float *scratch)
{
    const int T = z->steps, B = z->batch, N = z->slots, W = z->width, C = z->hidden, G = z->segment;
    const int P = z->writes, H = P + z->reads, RW = z->reads * W, NW = ROUND_UP(N * W);
    const Layout l = layout(z);
    const Record o = record(z);
    const int D = RW + C, ldd = ROUND_UP(D), ldg = ROUND_UP(4 * C), ldi = ROUND_UP(l.size);
    float *driven = grab(&scratch, rows * ldd), *gates = grab(&scratch, rows * ldg);
    float *raw = grab(&scratch, rows * ldi), *cells = grab(&scratch, rows * C);
    float *cell0 = grab(&scratch, C), *carries = grab(&scratch, rows * H * N);
    float *replay = grab(&scratch, (size_t)rows * (G + 1) * NW);
    float *dMs = grab(&scratch, rows * NW), *start = grab(&scratch, N), *norm0 = grab(&scratch, N);
    float *two = grab(&scratch, 2 * N), *wide = grab(&scratch, 2 * ROUND_UP(N + 32));
    float *by_dot = grab(&scratch, N), *by_row = grab(&scratch, N);
    start[0] = 1.0f;
    for (int i = 0; i < N * W; i++) replay[i] = MEMORY_START;
    norms(norm0, replay, W, N);
    START
    for (int t = T - 1; t >= 0; t--) {
        int s = t % G;
        if (s == G - 1 || t == T - 1)
            for (int b = 0; b < rows; b++) {
                const float *sample = p->history + (first + b) * per_sample(z);
                float *M = replay + (size_t)b * (G + 1) * NW;
                memcpy(M, sample + (size_t)T * o.size + (t - s) / G * NW, 4 * N * W);
                for (int u = 0; u <= s; u++, M += NW) {
                    const float *rec = sample + (size_t)(t - s + u) * o.size, *head = rec + o.head;
                    write(z, rec + o.weights, head + l.erase, head + l.add, M, M + NW, two);
                }
            }
        DONE(REPLAY)
        for (int b = 0; b < rows; b++) {
            const float *rec = p->history + (first + b) * per_sample(z) + (size_t)t * o.size;
            const float *head = rec + o.head, *norm = rec + o.norm;
            const float *before = t ? rec - o.size + o.weights : NULL;
            float *M = replay + ((size_t)b * (G + 1) + s + 1) * NW, *dM = dMs + b * NW;
            float *carry = carries + b * H * N, *grad = raw + b * ldi, *by_read = driven + b * ldd;
            const float *more = p->grad_reads + ((size_t)t * B + first + b) * RW;
            for (int i = 0; i < RW; i++) by_read[i] += more[i];
            for (int h = H - 1; h >= 0; h--) {
                const float *weights = rec + o.weights + h * N, *of_head = NULL;
                if (h == P - 1) {
                    M -= NW;
                    norm = t ? rec - o.size + o.norm : norm0;
                    write_vjp(z, rec + o.weights, head + l.erase, head + l.add, M, dM, carry,
                              grad + l.erase, grad + l.add, two);
                }
                if (h >= P) {
                    of_head = by_read + (h - P) * W;
                    dots(carry + h * N, M, of_head, W, N);
                    DONE(DOTS_B)
                }
                float by_norm = address_vjp(z, &l, &o, h, rec, norm,
                                            before ? before + h * N : start, carry + h * N, grad,
                                            by_dot, by_row, wide);
                memory_vjp(z, head + l.key + h * W, by_norm, norm, by_dot, by_row, weights, of_head,
                           M, dM, grad + l.key + h * W, two, two + N);
            }
            memcpy(p->grad_raw + ((size_t)t * B + first + b) * l.size, grad, 4 * l.size);
            float *restrict dh = driven + b * ldd + RW;
            const float *restrict dh_out = p->grad_hidden + ((size_t)t * B + first + b) * C;
            for (int c = 0; c < C; c++) dh[c] += dh_out[c];
            DONE(COPY_B)
        }
        product(rows, raw, ldi, p->interface, l.size, C, driven + RW, ldd);
        DONE(GEMM_B)
        for (int b = 0; b < rows; b++) {
            const float *rec = p->history + (first + b) * per_sample(z) + (size_t)t * o.size;
            float *dg = gates + b * ldg;
            lstm_vjp(C, rec + o.gates, rec + o.cell, t ? rec - o.size + o.cell : cell0,
                     driven + b * ldd + RW, cells + b * C, dg);
            memcpy(p->grad_gates + ((size_t)t * B + first + b) * 4 * C, dg, 16 * C);
        }
        memset(driven, 0, 4 * rows * ldd);
        DONE(LSTM_B)
        product(rows, gates, ldg, p->recurrent, 4 * C, D, driven, ldd);
        DONE(GEMM_B)
    }
}

/* ---- entry points ---------------------------------------------------------------------------- */

static int chunk_of(const Sizes *z) /* no larger than a thread's share */
{
    int share = (z->batch + z->threads - 1) / z->threads;
    return z->chunk < share ? z->chunk : share;
}

static size_t scratch_of(const Sizes *z)
{
    const size_t N = z->slots, H = z->writes + z->reads, NW = ROUND_UP(N * z->width);
    const size_t rows = 9 * z->hidden + 2 * z->reads * z->width + 2 * layout(z).size + H * N;
    return ROUND_UP(32 * 16 + 12 * (N + 32) + z->hidden + NW
                    + chunk_of(z) * (rows + 128 + (z->segment + 2) * NW));
}

static size_t weights_of(const Sizes *z) /* joined, then packed */
{
    const size_t D = z->reads * z->width + z->hidden, G = 4 * z->hidden, I = layout(z).size;
    const size_t one = D + LANES, two = G + LANES, three = I + LANES + z->hidden + LANES;
    return ROUND_UP(D * G) + ROUND_UP(one * two) + ROUND_UP(three * three);
}

/* Floats of memory, 64-byte aligned, that the caller lends to the forward pass and, with what that
 * left in it, to the backward pass. None is allocated here: fresh pages would cost their faults. */
size_t ntm_history(const Sizes *z)
{
    return per_sample(z) * z->batch + weights_of(z) + scratch_of(z) * z->threads;
}

static void run(const Sizes *z, const Pass *p, int backward)
{
    const int chunk = chunk_of(z), chunks = (z->batch + chunk - 1) / chunk;
    float *scratches = p->history + per_sample(z) * z->batch + weights_of(z);
#pragma omp parallel num_threads(z->threads < chunks ? z->threads : chunks)
    {
#if defined(__SSE__)
        unsigned control = _mm_getcsr();
        _mm_setcsr(control | 0x8040); /* flush denormals, in here only */
#endif
        float *scratch = scratches + omp_get_thread_num() * scratch_of(z);
#pragma omp for schedule(dynamic)
        for (int c = 0; c < chunks; c++) {
            int first = c * chunk, rows = z->batch - first < chunk ? z->batch - first : chunk;
            memset(scratch, 0, 4 * scratch_of(z));
            (backward ? backward_chunk : forward_chunk)(z, p, first, rows, scratch);
        }
#if defined(__SSE__)
        _mm_setcsr(control);
#endif
    }
}

/* w_ih (4C, X + RW) row-major, of which `columns` are X; w_hh (4C, C); w_heads (I, C). */
static void pack_weights(const Sizes *z, Pass *p, int columns, const float *w_ih,
                         const float *w_hh, const float *w_heads, int backward)
{
    const int C = z->hidden, RW = z->reads * z->width, D = RW + C, I = layout(z).size;
    const size_t size = backward ? packed_size(4 * C, D) : packed_size(D, 4 * C);
    float *joined = p->history + per_sample(z) * z->batch, *first = joined + ROUND_UP(4 * C * D);
    float *second = first + ROUND_UP(size);
    START
    for (int g = 0; g < 4 * C; g++) {
        memcpy(joined + (size_t)g * D, w_ih + (size_t)g * (columns + RW) + columns, 4 * RW);
        memcpy(joined + (size_t)g * D + RW, w_hh + (size_t)g * C, 4 * C);
    }
    if (backward) {
        pack(first, joined, 4 * C, D, D, 1);
        pack(second, w_heads, I, C, C, 1);
    } else {
        pack(first, joined, D, 4 * C, 1, D);
        pack(second, w_heads, C, I, 1, C);
    }
    p->recurrent = first;
    p->interface = second;
    DONE(PACK)
}

void ntm_forward(const Sizes *z, int columns, const float *w_ih, const float *w_hh,
                 const float *w_heads, const float *bias, const float *inputs, float *history,
                 float *hidden, float *reads)
{
    Pass p = {.inputs = inputs, .bias = bias, .history = history, .hidden = hidden, .reads = reads};
    pack_weights(z, &p, columns, w_ih, w_hh, w_heads, 0);
    run(z, &p, 0);
}

void ntm_backward(const Sizes *z, int columns, const float *w_ih, const float *w_hh,
                  const float *w_heads, float *history, const float *grad_hidden,
                  const float *grad_reads, float *grad_gates, float *grad_raw)
{
    Pass p = {.history = history, .grad_hidden = grad_hidden, .grad_reads = grad_reads,
              .grad_gates = grad_gates, .grad_raw = grad_raw};
    pack_weights(z, &p, columns, w_ih, w_hh, w_heads, 1);
    run(z, &p, 1);
}
