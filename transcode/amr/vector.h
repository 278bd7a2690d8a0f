/* The AMR-WB encoder's loops that cost most, with AVX2: in place of functions of the same name in voamrwbenc, and bit for bit the same. What
 * makes that possible: the library adds products in plain 32-bit arithmetic, modulo 2^32, and saturates at the end of a sum only, so the
 * order does not matter. Included by vector.c alone; *_plain are the library's own versions, for what is left over. */

/* The library's own reads two values beyond the end. */
void Copy(Word16 x[], Word16 y[], Word16 L) { memmove(y, x, (size_t)L * sizeof(Word16)); }

/* Eight sums of products: lane k is the sum of u[j] * v[k * stride + j] over j < 16 * blocks, modulo 2^32 as in the library. */
static inline __attribute__((always_inline)) __m256i dots8(const Word16 *u, const Word16 *v, long stride, int blocks)
{
	__m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
	for (int b = 0; b < blocks; b++, u += 16, v += 16)
	{
		__m256i x = _mm256_loadu_si256((const __m256i *)u);
#define STEP_OF(k) s##k = _mm256_add_epi32(s##k, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(v + k * stride))))
		STEP_OF(0); STEP_OF(1); STEP_OF(2); STEP_OF(3); STEP_OF(4); STEP_OF(5); STEP_OF(6); STEP_OF(7);
#undef STEP_OF
	}
	s0 = _mm256_hadd_epi32(_mm256_hadd_epi32(s0, s1), _mm256_hadd_epi32(s2, s3));
	s4 = _mm256_hadd_epi32(_mm256_hadd_epi32(s4, s5), _mm256_hadd_epi32(s6, s7));
	return _mm256_add_epi32(_mm256_permute2x128_si256(s0, s4, 0x20), _mm256_permute2x128_si256(s0, s4, 0x31));
}

/* The low halves of sixteen 32-bit values, in order. */
static inline __m256i low16(__m256i a, __m256i b)
{
	const __m256i mask = _mm256_set1_epi32(0xffff);
	return _mm256_permute4x64_epi64(_mm256_packus_epi32(_mm256_and_si256(a, mask), _mm256_and_si256(b, mask)), 0xd8);
}

/* round(sat(s << shift)) as L_shl2, L_add and extract_h do it, before the saturation to 16 bits. */
static inline __m256i rounded(__m256i s, int shift)
{
	__m256i bit = _mm256_and_si256(_mm256_srai_epi32(s, 15 - shift), _mm256_set1_epi32(1));
	return _mm256_add_epi32(_mm256_srai_epi32(s, 16 - shift), bit);
}

/* Sixteen outputs of a FIR filter of taps pairs (an even number of coefficients): x[0..] against c[0..]. Lanes are interleaved: lo and hi
 * hold outputs 0-3, 8-11 and 4-7, 12-15, which packs_epi32 puts in order again. */
static inline __attribute__((always_inline)) __m256i fir16(const Word16 *x, const int *pairs, int count, int direction, int shift)
{
	__m256i lo = _mm256_setzero_si256(), hi = lo;
	for (int k = 0; k < count; k++, x += 2 * direction)
	{
		__m256i a = _mm256_loadu_si256((const __m256i *)x), b = _mm256_loadu_si256((const __m256i *)(x + direction));
		__m256i c = _mm256_set1_epi32(pairs[k]);
		lo = _mm256_add_epi32(lo, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), c));
		hi = _mm256_add_epi32(hi, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), c));
	}
	return _mm256_packs_epi32(rounded(lo, shift), rounded(hi, shift));
}

static inline int pair_of(Word16 first, Word16 second) { return (int)((unsigned)(unsigned short)first | (unsigned)(unsigned short)second << 16); }

void Residu(Word16 a[], Word16 x[], Word16 y[], Word16 lg)
{
	int pairs[9], i;
	for (i = 0; i < 8; i++)
		pairs[i] = pair_of(a[2 * i], a[2 * i + 1]);
	pairs[8] = pair_of(a[16], 0);
	for (i = 0; i + 16 <= lg; i += 16)
	{
		__m256i lo = _mm256_setzero_si256(), hi = lo;
		const Word16 *p = x + i;
		for (int k = 0; k < 8; k++, p -= 2)
		{
			__m256i u = _mm256_loadu_si256((const __m256i *)p), v = _mm256_loadu_si256((const __m256i *)(p - 1)), c = _mm256_set1_epi32(pairs[k]);
			lo = _mm256_add_epi32(lo, _mm256_madd_epi16(_mm256_unpacklo_epi16(u, v), c));
			hi = _mm256_add_epi32(hi, _mm256_madd_epi16(_mm256_unpackhi_epi16(u, v), c));
		}
		__m256i u = _mm256_loadu_si256((const __m256i *)p), z = _mm256_setzero_si256(), c = _mm256_set1_epi32(pairs[8]);
		lo = _mm256_add_epi32(lo, _mm256_madd_epi16(_mm256_unpacklo_epi16(u, z), c));
		hi = _mm256_add_epi32(hi, _mm256_madd_epi16(_mm256_unpackhi_epi16(u, z), c));
		_mm256_storeu_si256((__m256i *)(y + i), _mm256_packs_epi32(rounded(lo, 5), rounded(hi, 5)));
	}
	if (i < lg)
		Residu_plain(a, x + i, y + i, (Word16)(lg - i));
}

void Pred_lt4(Word16 exc[], Word16 T0, Word16 frac, Word16 L_subfr)
{
	Word16 *x = exc - T0, f = (Word16)-frac;
	int pairs[16], j;
	if (T0 < 32) /* the output would be its own input within a block */
	{
		Pred_lt4_plain(exc, T0, frac, L_subfr);
		return;
	}
	if (f < 0)
	{
		f += UP_SAMP;
		x--;
	}
	x -= 15;
	for (j = 0; j < 16; j++)
		pairs[j] = pair_of(inter4_2[3 - f][2 * j], inter4_2[3 - f][2 * j + 1]);
	for (j = 0; j + 16 <= L_subfr; j += 16)
		_mm256_storeu_si256((__m256i *)(exc + j), fir16(x + j, pairs, 16, 1, 2));
	if (j < L_subfr)
		Pred_lt4_plain(exc + j, T0, frac, (Word16)(L_subfr - j));
}

void Convolve(Word16 x[], Word16 h[], Word16 y[], Word16 L)
{
	Word16 back[128];
	const __m256i swap = _mm256_broadcastsi128_si256(_mm_set_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
	(void)L;
	for (int i = 0; i < 64; i += 16)
	{
		__m256i v = _mm256_shuffle_epi8(_mm256_loadu_si256((const __m256i *)(h + 48 - i)), swap);
		_mm256_storeu_si256((__m256i *)(back + i), _mm256_permute4x64_epi64(v, 0x4e));
		_mm256_storeu_si256((__m256i *)(back + 64 + i), _mm256_setzero_si256());
	}
	for (int n = 0; n < 64; n += 16)
	{
		const __m256i half = _mm256_set1_epi32(0x8000);
		__m256i a = dots8(x, back + 63 - n, -1, n / 16 + 1), b = dots8(x, back + 55 - n, -1, n / 16 + 1);
		a = _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(a, 1), half), 16);
		b = _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(b, 1), half), 16);
		_mm256_storeu_si256((__m256i *)(y + n), low16(a, b));
	}
}

void Scale_sig(Word16 x[], Word16 lg, Word16 exp)
{
	int i = 0;
	if (exp > 15 || exp < -31)
	{
		Scale_sig_plain(x, lg, exp);
		return;
	}
	__m128i count = _mm_cvtsi32_si128(exp > 0 ? exp : -exp);
	for (; i + 16 <= lg; i += 16)
	{
		__m256i v = _mm256_loadu_si256((const __m256i *)(x + i)), z = _mm256_setzero_si256();
		__m256i lo = _mm256_unpacklo_epi16(z, v), hi = _mm256_unpackhi_epi16(z, v); /* x << 16 */
		if (exp > 0)
		{
			lo = _mm256_sll_epi32(_mm256_srai_epi32(lo, 16), count);
			hi = _mm256_sll_epi32(_mm256_srai_epi32(hi, 16), count);
		}
		else
		{
			const __m256i half = _mm256_set1_epi32(0x8000);
			lo = _mm256_srai_epi32(_mm256_add_epi32(_mm256_sra_epi32(lo, count), half), 16);
			hi = _mm256_srai_epi32(_mm256_add_epi32(_mm256_sra_epi32(hi, count), half), 16);
		}
		_mm256_storeu_si256((__m256i *)(x + i), _mm256_packs_epi32(lo, hi));
	}
	if (i < lg)
		Scale_sig_plain(x + i, (Word16)(lg - i), exp);
}

/* (s >> bits) rounded and saturated to 16 bits: extract_h(L_add(L_shl2(s, 16 - bits), 0x8000)) without its loop. */
static inline Word16 rounded16(Word32 s, int bits)
{
	Word32 v = (s >> bits) + ((s >> (bits - 1)) & 1);
	return (Word16)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

/* The newest sample comes last into each sum: only that multiplication waits for the sample before. */
void Syn_filt(Word16 a[], Word16 x[], Word16 y[], Word16 lg, Word16 mem[], Word16 update)
{
	Word16 buf[L_SUBFR16k + M16k], *yy = buf + 16;
	const Word32 a0 = a[0] >> 1;
	memcpy(buf, mem, 16 * sizeof(Word16));
	for (int i = 0; i < lg; i++)
	{
		Word32 s = a0 * x[i];
		for (int k = 16; k > 0; k--)
			s -= a[k] * yy[i - k];
		y[i] = yy[i] = rounded16(s, 12);
	}
	if (update)
		memcpy(mem, yy + lg - 16, 16 * sizeof(Word16));
}

void Syn_filt_32(Word16 a[], Word16 m, Word16 exc[], Word16 Qnew, Word16 sig_hi[], Word16 sig_lo[], Word16 lg)
{
	const Word32 a0 = a[0] >> (4 + Qnew);
	(void)m;
	for (int i = 0; i < lg; i++)
	{
		Word32 lo = 0, hi = 0;
		for (int k = 16; k > 0; k--)
		{
			lo -= sig_lo[i - k] * a[k - 1]; /* from a[0]: so the library has it */
			hi -= sig_hi[i - k] * a[k - 1];
		}
		lo = (lo >> 11) + ((exc[i] * a0) << 1);
		lo = (lo - (hi << 1)) >> 3;
		sig_hi[i] = (Word16)(lo >> 16);
		sig_lo[i] = (Word16)((lo >> 4) - (sig_hi[i] << 13));
	}
}

/* Eight 32-bit lanes added up. */
static inline Word32 total(__m256i v)
{
	__m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
	return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

/* (a * b) >> 15 of 16-bit lanes, modulo 2^16. */
static inline __m256i mult15(__m256i a, __m256i b)
{
	return _mm256_or_si256(_mm256_slli_epi16(_mm256_mulhi_epi16(a, b), 1), _mm256_srli_epi16(_mm256_mullo_epi16(a, b), 15));
}

/* The two sums of Norm_Corr for one delay: of xn by excf, and of excf by itself. */
static inline void norm_sums(const Word16 *xn, const Word16 *excf, Word32 *cross, Word32 *energy)
{
	__m256i c = _mm256_setzero_si256(), e = c;
	for (int i = 0; i < 64; i += 16)
	{
		__m256i x = _mm256_loadu_si256((const __m256i *)(xn + i)), f = _mm256_loadu_si256((const __m256i *)(excf + i));
		c = _mm256_add_epi32(c, _mm256_madd_epi16(x, f));
		e = _mm256_add_epi32(e, _mm256_madd_epi16(f, f));
	}
	*cross = total(c);
	*energy = total(e);
}

/* The filtered excitation for the next delay: one sample more in front. */
static inline void norm_next(Word16 *excf, const Word16 *h, Word16 sample)
{
	const __m256i s = _mm256_set1_epi16(sample);
	for (int i = 48; i > 0; i -= 16)
		_mm256_storeu_si256((__m256i *)(excf + i), _mm256_add_epi16(mult15(s, _mm256_loadu_si256((const __m256i *)(h + i))), _mm256_loadu_si256((const __m256i *)(excf + i - 1))));
	__m256i f = _mm256_loadu_si256((const __m256i *)excf);
	f = _mm256_alignr_epi8(f, _mm256_permute2x128_si256(f, f, 0x08), 14);
	_mm256_storeu_si256((__m256i *)excf, _mm256_add_epi16(mult15(s, _mm256_loadu_si256((const __m256i *)h)), f));
}
