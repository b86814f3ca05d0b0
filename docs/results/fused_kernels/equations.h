/* The equations of the NTM over the slots of one sample, forward and backward: memory is W x N. */
#include "arithmetic.h"

#define COSINE_EPS 1e-8f
#define ROW_FLOOR 1e-4f
#define LOG_FLOOR 1e-30f
#define MEMORY_START 1e-6f
#define SHIFTS 3

/* ---- profile: cycles per phase, only with -DPROFILE ------------------------------------------ */

enum { PACK, GEMM, LSTM, SQUASH, COSINE, CONTENT, SHIFT, SHARPEN, WRITE, READ, REPLAY, COPY,
       GEMM_B, LSTM_B, DOTS_B, SHARPEN_B, SHIFT_B, CONTENT_B, WRITE_B, MEMORY_B, COPY_B,
       PHASES };
#ifdef PROFILE
#include <x86intrin.h>
uint64_t ntm_cycles[PHASES];
static uint64_t mark;
#define START mark = __rdtsc();
#define DONE(phase) { uint64_t now = __rdtsc(); ntm_cycles[phase] += now - mark; mark = now; }
#else
#define START
#define DONE(phase)
#endif

/* ---- sizes ----------------------------------------------------------------------------------- */

typedef struct {
    int32_t steps, batch, slots, width, writes, reads, hidden, segment, chunk, threads;
} Sizes;

/* Offsets of the named parameters in the interface of the heads. */
typedef struct { int key, strength, gate, shift, power, erase, add, size; } Layout;

static Layout layout(const Sizes *z)
{
    int H = z->writes + z->reads;
    Layout l = {0};
    l.strength = H * z->width;
    l.gate = l.strength + H;
    l.shift = l.gate + H;
    l.power = l.shift + SHIFTS * H;
    l.erase = l.power + H;
    l.add = l.erase + z->writes * z->width;
    l.size = l.add + z->writes * z->width;
    return l;
}

/* What the forward pass keeps of one step of one sample, as offsets into one record. */
typedef struct {
    int gates, cell, head, slope, norm_key, norm, cosine, content, log, weights, size;
} Record;

static Record record(const Sizes *z)
{
    int H = z->writes + z->reads, HN = ROUND_UP(H * z->slots), C = ROUND_UP(z->hidden);
    Record r = {0};
    r.cell = ROUND_UP(4 * z->hidden);
    r.head = r.cell + C; /* the interface, squashed */
    r.slope = r.head + ROUND_UP(layout(z).size); /* of the strengths, then of the powers */
    r.norm_key = r.slope + ROUND_UP(2 * H);
    r.norm = r.norm_key + ROUND_UP(H);
    r.cosine = r.norm + ROUND_UP(z->slots);
    r.content = r.cosine + HN;
    r.log = r.content + HN;
    r.weights = r.log + HN;
    r.size = r.weights + HN;
    return r;
}

static size_t kept(const Sizes *z) { return (z->steps + z->segment - 1) / z->segment; }

static size_t per_sample(const Sizes *z)
{
    return (size_t)z->steps * record(z).size + kept(z) * ROUND_UP(z->width * z->slots);
}

/* ---- pieces over the slots of one head ------------------------------------------------------- */

/* Largest of n: kept in lanes, since gcc will not vectorise a maximum that must respect NaN. */
inline float largest(const float *restrict x, int n)
{
    float lane[32];
    if (n < 32) {
        float m = x[0];
        for (int i = 1; i < n; i++) m = x[i] > m ? x[i] : m;
        return m;
    }
    memcpy(lane, x, sizeof lane);
    for (int i = 32; i + 32 <= n; i += 32)
        for (int l = 0; l < 32; l++) lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
    for (int l = 0; l < n % 32; l++) {
        float last = x[n - 1 - l];
        lane[l] = last > lane[l] ? last : lane[l];
    }
    for (int w = 16; w; w /= 2)
        for (int l = 0; l < w; l++) lane[l] = lane[l + w] > lane[l] ? lane[l + w] : lane[l];
    return lane[0];
}

/* out = softmax(scale * x) */
kernel void softmax(float *restrict out, const float *restrict x, float scale, int n)
{
    float top = largest(x, n) * scale, sum = 0.0f; /* scale is positive */
    for (int i = 0; i < n; i++) {
        float e = exp_(scale * x[i] - top);
        out[i] = e;
        sum += e;
    }
    float over = 1.0f / sum;
    for (int i = 0; i < n; i++) out[i] *= over;
}

/* out[n] += sum_w key[w] M[w][n], four rows of memory to one pass over out */
kernel void dots(float *restrict out, const float *restrict M, const float *restrict key, int W,
                 int N)
{
    int w = 0;
    for (; w + 4 <= W; w += 4, M += 4 * N) {
        const float *a = M, *b = M + N, *c = M + 2 * N, *d = M + 3 * N;
        float p = key[w], q = key[w + 1], r = key[w + 2], s = key[w + 3];
        for (int n = 0; n < N; n++) out[n] += (p * a[n] + q * b[n]) + (r * c[n] + s * d[n]);
    }
    for (; w < W; w++, M += N)
        for (int n = 0; n < N; n++) out[n] += key[w] * M[n];
}

/* out[w] = sum_n weights[n] M[w][n], four rows of memory to one pass over the weights */
kernel void read_rows(float *restrict out, const float *restrict M, const float *restrict weights,
                      int W, int N)
{
    int w = 0;
    for (; w + 4 <= W; w += 4, M += 4 * N) {
        const float *a = M, *b = M + N, *c = M + 2 * N, *d = M + 3 * N;
        float p = 0, q = 0, r = 0, s = 0;
        for (int n = 0; n < N; n++) {
            p += weights[n] * a[n];
            q += weights[n] * b[n];
            r += weights[n] * c[n];
            s += weights[n] * d[n];
        }
        out[w] = p; out[w + 1] = q; out[w + 2] = r; out[w + 3] = s;
    }
    for (; w < W; w++, M += N) {
        float p = 0;
        for (int n = 0; n < N; n++) p += weights[n] * M[n];
        out[w] = p;
    }
}

/* between[-1 .. N]: the gated weighting, wrapped around by one slot at either end */
kernel void interpolate(float *restrict between, const float *restrict content,
                        const float *restrict before, float gate, int N)
{
    float stay = 1.0f - gate;
    for (int n = 0; n < N; n++) between[n] = gate * content[n] + stay * before[n];
    between[-1] = between[N - 1];
    between[N] = between[0];
}

/* Addresses one head: cosine, content, log and weights of its record, from the dot products. */
kernel void address(const Sizes *z, const Layout *l, const Record *o, int h, float *restrict rec,
                    const float *norm, const float *dot, const float *before, float *between)
{
    int N = z->slots;
    const float *head = rec + o->head, *sh = head + l->shift + SHIFTS * h;
    float *restrict cosine = rec + o->cosine + h * N, *restrict content = rec + o->content + h * N;
    float *restrict log_w = rec + o->log + h * N, nk = rec[o->norm_key + h];
    for (int n = 0; n < N; n++) cosine[n] = dot[n] / (nk * norm[n] + COSINE_EPS);
    DONE(COSINE)
    softmax(content, cosine, head[l->strength + h], N);
    DONE(CONTENT)
    interpolate(between, content, before, head[l->gate + h], N);
    float left = sh[0], stay = sh[1], right = sh[2];
    for (int n = 0; n < N; n++)
        log_w[n] = left * between[n + 1] + stay * between[n] + right * between[n - 1] + LOG_FLOOR;
    DONE(SHIFT)
    for (int n = 0; n < N; n++) log_w[n] = log_(log_w[n]);
    softmax(rec + o->weights + h * N, log_w, head[l->power + h], N);
    DONE(SHARPEN)
}

/* after = before with every write head's erasure and addition; `scratch` is two rows */
kernel void write(const Sizes *z, const float *weights, const float *erase, const float *add,
                  const float *before, float *after, float *scratch)
{
    int N = z->slots, W = z->width, P = z->writes;
    for (int w = 0; w < W; w++) {
        const float *m = before + w * N;
        float *out = after + w * N;
        if (P == 1) {
            float e = erase[w], a = add[w];
#pragma GCC ivdep /* after may be before, but overlaps it in no other way */
            for (int n = 0; n < N; n++) out[n] = m[n] + weights[n] * (a - m[n] * e);
            continue;
        }
        float *restrict keep = scratch, *restrict more = scratch + N;
        for (int n = 0; n < N; n++) keep[n] = 1.0f, more[n] = 0.0f;
        for (int p = 0; p < P; p++) {
            const float *wt = weights + p * N;
            float e = erase[p * W + w], a = add[p * W + w];
            for (int n = 0; n < N; n++) keep[n] *= 1.0f - wt[n] * e, more[n] += wt[n] * a;
        }
#pragma GCC ivdep
        for (int n = 0; n < N; n++) out[n] = m[n] * keep[n] + more[n];
    }
}

kernel void norms(float *restrict norm, const float *restrict M, int W, int N)
{
    memset(norm, 0, 4 * N);
    int w = 0;
    for (; w + 4 <= W; w += 4, M += 4 * N) {
        const float *a = M, *b = M + N, *c = M + 2 * N, *d = M + 3 * N;
        for (int n = 0; n < N; n++)
            norm[n] += (a[n] * a[n] + b[n] * b[n]) + (c[n] * c[n] + d[n] * d[n]);
    }
    for (; w < W; w++, M += N)
        for (int n = 0; n < N; n++) norm[n] += M[n] * M[n];
    for (int n = 0; n < N; n++) norm[n] = sqrtf(norm[n]);
}

/* raw interface -> parameters of the heads, and the slopes of strengths and powers */
kernel void squash(const Sizes *z, const Layout *l, const Record *o, const float *restrict raw,
                   float *restrict rec)
{
    int H = z->writes + z->reads, W = z->width;
    float *restrict head = rec + o->head, *restrict slope = rec + o->slope;
    memcpy(head, raw, 4 * l->size);
    for (int h = 0; h < H; h++) {
        float sum = 0.0f;
        for (int w = 0; w < W; w++) sum += head[h * W + w] * head[h * W + w];
        rec[o->norm_key + h] = sqrtf(sum);
        float strength = raw[l->strength + h], power = raw[l->power + h];
        head[l->strength + h] = softplus_(strength);
        head[l->power + h] = 1.0f + softplus_(power);
        head[l->gate + h] = sigmoid_(raw[l->gate + h]);
        slope[h] = sigmoid_(strength);
        slope[H + h] = sigmoid_(power);
        float *sh = head + l->shift + SHIFTS * h, top = largest(sh, SHIFTS), total = 0.0f;
        for (int s = 0; s < SHIFTS; s++) total += sh[s] = exp_(sh[s] - top);
        for (int s = 0; s < SHIFTS; s++) sh[s] /= total;
    }
    for (int i = l->erase; i < l->add; i++) head[i] = sigmoid_(raw[i]);
}

/* One step of the LSTM, from its pre-activations. Cut into loops of few arrays: gcc gives up where
 * more than about ten pairs might overlap. */
kernel void lstm(int C, const float *restrict raw, const float *restrict was, float *restrict gates,
                 float *restrict cell, float *restrict h)
{
    for (int c = 0; c < 2 * C; c++) gates[c] = sigmoid_(raw[c]);
    for (int c = 2 * C; c < 3 * C; c++) gates[c] = tanh_(raw[c]);
    for (int c = 3 * C; c < 4 * C; c++) gates[c] = sigmoid_(raw[c]);
    for (int c = 0; c < C; c++) cell[c] = gates[C + c] * was[c] + gates[c] * gates[2 * C + c];
    for (int c = 0; c < C; c++) h[c] = gates[3 * C + c] * tanh_(cell[c]);
}

/* ---- their vector-Jacobian products --------------------------------------------------------- */

/* The gradient of the pre-activations; dc becomes that of the cell before. */
kernel void lstm_vjp(int C, const float *restrict gates, const float *restrict cell,
                     const float *restrict was, const float *restrict dh, float *restrict dc,
                     float *restrict grad)
{
    float *restrict by_in = grad, *restrict by_new = grad + 2 * C;
    for (int c = 0; c < C; c++) {
        float bent = tanh_(cell[c]), out = gates[3 * C + c];
        grad[3 * C + c] = dh[c] * bent * out * (1.0f - out);
        dc[c] += dh[c] * out * (1.0f - bent * bent);
    }
    for (int c = 0; c < C; c++) {
        float in = gates[c], new = gates[2 * C + c];
        by_in[c] = dc[c] * new * in * (1.0f - in);
        by_new[c] = dc[c] * in * (1.0f - new * new);
    }
    for (int c = 0; c < C; c++) {
        float forget = gates[C + c];
        grad[C + c] = dc[c] * was[c] * forget * (1.0f - forget);
        dc[c] *= forget;
    }
}

/* From the gradient of a head's weights: `carry` becomes that of the weights before, grad (raw
 * interface) gets all but the key's; leaves `by_dot`, `by_row` (the factors of the key and of the
 * slot in the memory's gradient). Returns the factor of the key in its own gradient, by its norm.
 * `wide` is two rows with margins. */
kernel float address_vjp(const Sizes *z, const Layout *l, const Record *o, int h, const float *rec,
                         const float *restrict norm, const float *restrict before,
                         float *restrict carry, float *restrict grad, float *restrict by_dot,
                         float *restrict by_row, float *wide)
{
    int N = z->slots, H = z->writes + z->reads;
    const float *head = rec + o->head, *sh = head + l->shift + SHIFTS * h, *slope = rec + o->slope;
    const float *restrict content = rec + o->content + h * N;
    const float *restrict weights = rec + o->weights + h * N;
    const float *restrict log_w = rec + o->log + h * N, *restrict cosine = rec + o->cosine + h * N;
    float *restrict between = wide + 16, *restrict by_shifted = wide + ROUND_UP(N + 32) + 16;
    float gate = head[l->gate + h], power = head[l->power + h], strength = head[l->strength + h];
    float left = sh[0], stay = sh[1], right = sh[2], nk = rec[o->norm_key + h];

    float mean = 0.0f, by_power = 0.0f;
    for (int n = 0; n < N; n++) mean += weights[n] * carry[n];
    interpolate(between, content, before, gate, N);
    for (int n = 0; n < N; n++) {
        float by_score = weights[n] * (carry[n] - mean);
        float shifted = left * between[n + 1] + stay * between[n] + right * between[n - 1];
        by_power += by_score * log_w[n];
        by_shifted[n] = power * by_score / (shifted + LOG_FLOOR);
    }
    by_shifted[-1] = by_shifted[N - 1];
    by_shifted[N] = by_shifted[0];
    grad[l->power + h] = by_power * slope[H + h];
    DONE(SHARPEN_B)

    float by_left = 0.0f, by_stay = 0.0f, by_right = 0.0f, by_gate = 0.0f, mean_content = 0.0f;
    for (int n = 0; n < N; n++) {
        by_left += by_shifted[n] * between[n + 1];
        by_stay += by_shifted[n] * between[n];
        by_right += by_shifted[n] * between[n - 1];
        float by_between = left * by_shifted[n - 1] + stay * by_shifted[n];
        by_between += right * by_shifted[n + 1];
        by_gate += by_between * (content[n] - before[n]);
        mean_content += by_between * content[n];
        by_dot[n] = by_between;
    }
    float level = left * by_left + stay * by_stay + right * by_right;
    grad[l->shift + SHIFTS * h] = left * (by_left - level);
    grad[l->shift + SHIFTS * h + 1] = stay * (by_stay - level);
    grad[l->shift + SHIFTS * h + 2] = right * (by_right - level);
    grad[l->gate + h] = by_gate * gate * (1.0f - gate);
    for (int n = 0; n < N; n++) carry[n] = (1.0f - gate) * by_dot[n];
    DONE(SHIFT_B)

    float by_strength = 0.0f, by_norm_key = 0.0f;
    for (int n = 0; n < N; n++) {
        float by_score = gate * content[n] * (by_dot[n] - mean_content);
        by_strength += by_score * cosine[n];
        float ddot = strength * by_score / (nk * norm[n] + COSINE_EPS), dnorms = ddot * cosine[n];
        by_norm_key -= dnorms * norm[n];
        by_row[n] = norm[n] > ROW_FLOOR ? -dnorms * nk / norm[n] : 0.0f;
        by_dot[n] = ddot;
    }
    grad[l->strength + h] = by_strength * slope[h];
    DONE(CONTENT_B)
    return nk > 0.0f ? by_norm_key / nk : 0.0f;
}

/* Two rows of memory in one pass over the slots; of a single row both are the same. */
kernel void memory_rows(int N, float key_0, float key_1, float read_0, float read_1,
                        const float *restrict by_dot, const float *restrict told,
                        const float *restrict by_row, const float *restrict weights,
                        const float *restrict m0, const float *restrict m1, float *restrict d0,
                        float *restrict d1, float *restrict sums)
{
    float sum_0 = 0.0f, sum_1 = 0.0f;
    for (int n = 0; n < N; n++) {
        sum_0 += by_dot[n] * m0[n];
        sum_1 += by_dot[n] * m1[n];
        d0[n] += told[n] * key_0 + by_row[n] * m0[n] + weights[n] * read_0;
        d1[n] += told[n] * key_1 + by_row[n] * m1[n] + weights[n] * read_1;
    }
    sums[0] = sum_0;
    sums[1] = sum_1;
}

/* Key's gradient, and what its head adds to the memory's (by_read: of what it read, or NULL). */
static void memory_vjp(const Sizes *z, const float *key, float by_norm_key, const float *norm,
                       const float *by_dot, const float *by_row, const float *weights,
                       const float *by_read, const float *M, float *dM, float *restrict grad_key,
                       float *told, float *spare)
{
    int N = z->slots, W = z->width;
    for (int n = 0; n < N; n++) {
        float d = by_dot[n];
        told[n] = norm[n] > ROW_FLOOR ? d : 0.0f;
    }
    for (int w = 0; w < W; w += 2) {
        int two = w + 1 < W, v = w + two;
        float sums[2];
        memory_rows(N, key[w], key[v], by_read ? by_read[w] : 0.0f, by_read ? by_read[v] : 0.0f,
                    by_dot, told, by_row, weights, M + w * N, M + v * N, dM + w * N,
                    two ? dM + v * N : spare, sums);
        grad_key[w] = sums[0] + by_norm_key * key[w];
        if (two) grad_key[v] = sums[1] + by_norm_key * key[v];
    }
    DONE(MEMORY_B)
}

/* Two rows of memory in one pass over the slots, for the only write head; sums: of the additions'
 * gradients, then of the erasures'. */
kernel void write_rows(int N, float e0, float e1, float a0, float a1,
                       const float *restrict weights, const float *restrict m0,
                       const float *restrict m1, float *restrict d0, float *restrict d1,
                       float *restrict carry, float *restrict sums)
{
    float add_0 = 0.0f, add_1 = 0.0f, erase_0 = 0.0f, erase_1 = 0.0f;
    for (int n = 0; n < N; n++) {
        float g0 = d0[n] * weights[n], g1 = d1[n] * weights[n];
        add_0 += g0;
        add_1 += g1;
        erase_0 += g0 * m0[n];
        erase_1 += g1 * m1[n];
        carry[n] += d0[n] * (a0 - m0[n] * e0) + d1[n] * (a1 - m1[n] * e1);
        d0[n] -= g0 * e0;
        d1[n] -= g1 * e1;
    }
    sums[0] = add_0; sums[1] = add_1; sums[2] = erase_0; sums[3] = erase_1;
}

/* dM becomes the gradient of the memory before; the weights' is added to `carry`. */
static void write_vjp(const Sizes *z, const float *weights, const float *erase, const float *add,
                      const float *before, float *dM, float *carry, float *grad_erase,
                      float *grad_add, float *restrict others)
{
    int N = z->slots, W = z->width, P = z->writes, w = 0;
    for (; P == 1 && w + 2 <= W; w += 2) {
        float sums[4];
        write_rows(N, erase[w], erase[w + 1], add[w], add[w + 1], weights, before + w * N,
                   before + (w + 1) * N, dM + w * N, dM + (w + 1) * N, carry, sums);
        for (int i = 0; i < 2; i++) {
            grad_add[w + i] = sums[i];
            grad_erase[w + i] = -sums[2 + i] * erase[w + i] * (1.0f - erase[w + i]);
        }
    }
    for (; w < W; w++) {
        const float *restrict m = before + w * N;
        float *restrict d = dM + w * N;
        for (int p = 0; p < P; p++) {
            const float *restrict wt = weights + p * N;
            float *restrict c = carry + p * N;
            float e = erase[p * W + w], a = add[p * W + w], by_add = 0.0f, by_erase = 0.0f;
            for (int n = 0; n < N; n++) others[n] = m[n];
            for (int q = 0; q < P; q++)
                if (q != p)
                    for (int n = 0; n < N; n++)
                        others[n] *= 1.0f - weights[q * N + n] * erase[q * W + w];
            for (int n = 0; n < N; n++) {
                float dm = d[n] * others[n];
                by_add += d[n] * wt[n];
                by_erase += dm * wt[n];
                c[n] += d[n] * a - dm * e;
            }
            grad_add[p * W + w] = by_add;
            grad_erase[p * W + w] = -by_erase * e * (1.0f - e);
        }
        for (int p = 0; p < P; p++)
            for (int n = 0; n < N; n++) d[n] *= 1.0f - weights[p * N + n] * erase[p * W + w];
    }
    DONE(WRITE_B)
}
