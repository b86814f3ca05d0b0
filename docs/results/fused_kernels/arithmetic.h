/* Arithmetic of the fused NTM: elementary functions that vectorise inside loops, and products with
 * packed weights. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define LANES 16
#else
#define LANES 8
#endif
typedef float vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
#define inline static inline __attribute__((always_inline))
/* Loops over slots stay functions of their own: inlined, gcc forgets what `restrict` promised. */
#define kernel static __attribute__((noinline))
#define ROUND_UP(n) (((n) + 15) / 16 * 16)

/* ---- functions of one float, which vectorise inside loops ------------------------------------ */

inline float as_float(int32_t i) { float f; memcpy(&f, &i, 4); return f; }
inline int32_t as_int(float f) { int32_t i; memcpy(&i, &f, 4); return i; }

inline float exp_(float x)
{
    float y = x > 88.0f ? 88.0f : x;
    float n = rintf(y * 1.44269504f);
    float r = y - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.38144669e-3f;
    p = p * r + 8.36878051e-3f;
    p = p * r + 4.16683942e-2f;
    p = p * r + 1.66665201e-1f;
    p = p * r + 4.99999934e-1f;
    p = p * (r * r) + (r + 1.0f);
    p *= as_float(((int32_t)n + 127) << 23);
    return x < -87.0f ? 0.0f : p;
}

/* of a normal, positive number */
inline float log_(float x)
{
    int32_t i = as_int(x), e = (i - 0x3f3504f3) >> 23;
    float m = as_float(i - e * (1 << 23));
    float s = (m - 1.0f) / (m + 1.0f), z = s * s;
    float p = 0.298786205f;
    p = p * z + 0.39977311f;
    p = p * z + 0.66666778f;
    return e * 0.693147181f + (s * z * p + 2.0f * s);
}

inline float sigmoid_(float x) { return 1.0f / (1.0f + exp_(-x)); }

inline float tanh_(float x)
{
    float z = x * x;
    float p = 1.64374334e-2f;
    p = p * z - 5.26717386e-2f;
    p = p * z + 1.33207239e-1f;
    p = p * z - 3.33329466e-1f;
    float near = x * z * p + x;
    float far = 1.0f - 2.0f / (1.0f + exp_(2.0f * x));
    return z < 0.3025f ? near : far;
}

inline float softplus_(float x) { return x > 20.0f ? x : log1pf(expf(x)); }

/* ---- products with packed weights ------------------------------------------------------------ */

#define PANEL (3 * LANES)

static size_t packed_size(int K, int J) { return (size_t)K * ((J + LANES - 1) / LANES * LANES); }

/* w[k * row + j * column] into panels of PANEL columns (the last one narrower), zero-filled. */
static void pack(float *restrict out, const float *restrict w, int K, int J, int row, int column)
{
    for (int j0 = 0; j0 < J; j0 += PANEL) {
        int left = J - j0, wide = left >= PANEL ? PANEL : (left + LANES - 1) / LANES * LANES;
        int full = left < wide ? left : wide;
        for (int k = 0; k < K; k++, out += wide) {
            const float *restrict from = w + (size_t)k * row + (size_t)j0 * column;
            if (column == 1)
                memcpy(out, from, 4 * full);
            else
                for (int j = 0; j < full; j++) out[j] = from[(size_t)j * column];
            for (int j = full; j < wide; j++) out[j] = 0.0f;
        }
    }
}

/* Keeps a loaded vector in its register: left alone, gcc loads it again for every row, and the tile
 * is bound by loads. */
#if defined(__x86_64__)
#define HOLD(v) __asm__("" : "+x"(v))
#else
#define HOLD(v)
#endif

/* rows x (vectors * LANES) of out += a @ panel; `splits` independent sums hide the latency. */
inline void tile(int rows, int vectors, int splits, const float *restrict a, int lda,
                 const float *restrict w, int K, float *restrict out, int ldo)
{
    vec sum[8][3] = {0}, b[3];
    int k = 0;
    for (; k + splits <= K; k += splits)
        for (int s = 0; s < splits; s++) {
            for (int v = 0; v < vectors; v++)
                b[v] = *(const vec *)(w + ((k + s) * vectors + v) * LANES);
            for (int v = 0; v < vectors; v++) HOLD(b[v]);
            for (int r = 0; r < rows; r++) {
                vec x = a[r * lda + k + s] - (vec){0};
                for (int v = 0; v < vectors; v++) sum[s * rows + r][v] += x * b[v];
            }
        }
    for (; k < K; k++)
        for (int v = 0; v < vectors; v++)
            for (int r = 0; r < rows; r++)
                sum[r][v] += a[r * lda + k] * *(const vec *)(w + (k * vectors + v) * LANES);
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) {
            for (int s = 1; s < splits; s++)
                sum[r][v] += sum[s * rows + r][v];
            *(vec *)(out + r * ldo + v * LANES) += sum[r][v];
        }
}

#define TILES(V) static void tiles_##V(int rows, const float *a, int lda, const float *w, int K, \
                                       float *out, int ldo)                                      \
    {                                                                                            \
        for (; rows >= 4; rows -= 4, a += 4 * lda, out += 4 * ldo)                               \
            tile(4, V, 1, a, lda, w, K, out, ldo);                                               \
        if (rows == 3) tile(3, V, 1, a, lda, w, K, out, ldo);                                    \
        if (rows == 2) tile(2, V, 2, a, lda, w, K, out, ldo);                                    \
        if (rows == 1) tile(1, V, 4, a, lda, w, K, out, ldo);                                    \
    }
TILES(1)
TILES(2)
TILES(3)

/* out += a @ w for `rows` rows; rows of out are padded to whole vectors. */
static void product(int rows, const float *a, int lda, const float *w, int K, int J,
                    float *out, int ldo)
{
    for (int j = 0; j < J; j += PANEL) {
        int vectors = J - j >= PANEL ? 3 : (J - j + LANES - 1) / LANES;
        if (vectors == 3) tiles_3(rows, a, lda, w, K, out + j, ldo);
        else if (vectors == 2) tiles_2(rows, a, lda, w, K, out + j, ldo);
        else tiles_1(rows, a, lda, w, K, out + j, ldo);
        w += (size_t)K * vectors * LANES;
    }
}
