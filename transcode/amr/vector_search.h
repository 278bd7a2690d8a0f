/* The parts of the algebraic codebook search with AVX2, included by voamrwbenc/c4t64fx.c, whose names it uses. */

/* Correlations of h[] with vec[] for the 16 positions of a track, with their signs, and half the energy of each: one half of cor_h_vec. */
static inline __attribute__((always_inline)) void cor_track(const Word16 *h, const Word16 *padded, int track, const Word16 *sign, const Word16 *rr, Word16 *cor)
{
	const __m256i half = _mm256_set1_epi32(0x8000);
	__m256i s[2];
	s[0] = dots8(h, padded + track, STEP, 4);
	s[1] = dots8(h, padded + track + 8 * STEP, STEP, 2);
	for (int g = 0; g < 2; g++)
	{
		__m256i at = _mm256_setr_epi32(sign[track + 32 * g], sign[track + 32 * g + 4], sign[track + 32 * g + 8], sign[track + 32 * g + 12],
			sign[track + 32 * g + 16], sign[track + 32 * g + 20], sign[track + 32 * g + 24], sign[track + 32 * g + 28]);
		s[g] = _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(s[g], 2), half), 16);
		s[g] = _mm256_srai_epi32(_mm256_mullo_epi32(s[g], at), 15);
	}
	_mm256_storeu_si256((__m256i *)cor, _mm256_add_epi16(low16(s[0], s[1]), _mm256_loadu_si256((const __m256i *)rr)));
}

static inline __attribute__((always_inline)) void cor_h_vec(Word16 h[], Word16 vec[], Word16 track, Word16 sign[], Word16 rrixix[][NB_POS], Word16 cor_1[], Word16 cor_2[])
{
	Word16 padded[96];
	for (int i = 0; i < 96; i += 16)
		_mm256_storeu_si256((__m256i *)(padded + i), i < 64 ? _mm256_loadu_si256((const __m256i *)(vec + i)) : _mm256_setzero_si256());
	cor_track(h, padded, track, sign, rrixix[track], cor_1);
	cor_track(h, padded, (track + 1) & 3, sign, rrixix[(track + 1) & 3], cor_2);
}

void cor_h_vec_30(Word16 h[], Word16 vec[], Word16 track, Word16 sign[], Word16 rrixix[][NB_POS], Word16 cor_1[], Word16 cor_2[])
{
	cor_h_vec(h, vec, track, sign, rrixix, cor_1, cor_2);
}

void cor_h_vec_012(Word16 h[], Word16 vec[], Word16 track, Word16 sign[], Word16 rrixix[][NB_POS], Word16 cor_1[], Word16 cor_2[])
{
	cor_h_vec(h, vec, track, sign, rrixix, cor_1, cor_2);
}

/* Which of eight candidates beat the best so far: sq * alpk > sqk * alp. pairs holds sq in the low and alp in the high half of each lane. */
static inline unsigned better(__m256i pairs, Word16 alpk, Word16 sqk)
{
	__m256i a = _mm256_slli_epi32(_mm256_madd_epi16(pairs, _mm256_set1_epi32(pair_of(alpk, 0))), 1);
	__m256i b = _mm256_slli_epi32(_mm256_madd_epi16(pairs, _mm256_set1_epi32(pair_of(0, sqk))), 1);
	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_sub_epi32(a, b), _mm256_setzero_si256())));
}

void search_ixiy(Word16 nb_pos_ix, Word16 track_x, Word16 track_y, Word16 *ps, Word16 *alp, Word16 *ix, Word16 *iy,
		Word16 dn[], Word16 dn2[], Word16 cor_x[], Word16 cor_y[], Word16 rrixiy[][MSIZE])
{
	Word16 dy[NB_POS], sqk = -1, alpk = 1;
	const Word16 *row = rrixiy[track_x];
	Word32 thres_ix = nb_pos_ix - NB_MAX;
	Word32 alp0 = (Word32)((unsigned)L_deposit_h(*alp) + 0x8000u);
	for (int i = 0; i < NB_POS; i++)
		dy[i] = dn[track_y + STEP * i];
	const __m256i dny = _mm256_loadu_si256((const __m256i *)dy);
	const __m256i y0 = _mm256_slli_epi32(_mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)cor_y)), 13);
	const __m256i y1 = _mm256_slli_epi32(_mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(cor_y + 8))), 13);

	for (int i = 0, x = track_x; x < L_SUBFR; i++, x += STEP, row += NB_POS)
	{
		if (dn2[x] >= thres_ix)
			continue;
		const __m256i alp1 = _mm256_set1_epi32((int)((unsigned)alp0 + ((unsigned)(int)cor_x[i] << 13)));
		__m256i ps2 = _mm256_add_epi16(_mm256_set1_epi16((short)(*ps + dn[x])), dny);
		__m256i sq = _mm256_or_si256(_mm256_slli_epi16(_mm256_mulhi_epi16(ps2, ps2), 1), _mm256_srli_epi16(_mm256_mullo_epi16(ps2, ps2), 15));
		__m256i a0 = _mm256_slli_epi32(_mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)row)), 14);
		__m256i a1 = _mm256_slli_epi32(_mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(row + 8))), 14);
		__m256i pairs[2];
		a0 = _mm256_add_epi32(_mm256_add_epi32(alp1, y0), a0);
		a1 = _mm256_add_epi32(_mm256_add_epi32(alp1, y1), a1);
		pairs[0] = _mm256_blend_epi16(_mm256_cvtepu16_epi32(_mm256_castsi256_si128(sq)), a0, 0xaa);
		pairs[1] = _mm256_blend_epi16(_mm256_cvtepu16_epi32(_mm256_extracti128_si256(sq, 1)), a1, 0xaa);
		int pos = -1;
		for (int g = 0; g < 2; g++)
		{
			unsigned mask = better(pairs[g], alpk, sqk);
			if (mask == 0)
				continue;
			unsigned lanes[8];
			_mm256_storeu_si256((__m256i *)lanes, pairs[g]);
			do /* the first that is better becomes the best, as when they are tried one by one */
			{
				int k = __builtin_ctz(mask);
				sqk = (Word16)lanes[k];
				alpk = (Word16)(lanes[k] >> 16);
				pos = track_y + STEP * (8 * g + k);
				mask = k == 7 ? 0 : better(pairs[g], alpk, sqk) & (0xfeu << k);
			} while (mask != 0);
		}
		if (pos >= 0)
		{
			*ix = (Word16)x;
			*iy = (Word16)pos;
		}
	}
	*ps = add1(*ps, add1(dn[*ix], dn[*iy]));
	*alp = alpk;
}

/* The NB_MAX greatest of dn2[] in each track are marked with -NB_MAX..-1 in their order; the greatest are pos_max[]. */
static inline void select_positions(Word16 dn2[], Word16 pos_max[])
{
	Word16 pos = 0;
	for (int i = 0; i < NB_TRACK; i++)
	{
		unsigned short key[NB_POS]; /* least for the greatest; the negative have the highest bit */
		for (int j = 0; j < NB_POS; j++)
			key[j] = (unsigned short)(0x7fff - dn2[i + STEP * j]);
		for (int k = 0; k < NB_MAX; k++)
		{
			unsigned a = (unsigned)_mm_cvtsi128_si32(_mm_minpos_epu16(_mm_loadu_si128((const __m128i *)key)));
			unsigned b = (unsigned)_mm_cvtsi128_si32(_mm_minpos_epu16(_mm_loadu_si128((const __m128i *)(key + 8))));
			int at = (int)(a >> 16);
			if ((b & 0xffff) < (a & 0xffff))
			{
				a = b;
				at = 8 + (int)(b >> 16);
			}
			if ((a & 0xffff) < 0x8000)
				pos = (Word16)(i + STEP * at);
			dn2[pos] = (Word16)(k - NB_MAX);
			if ((pos & 3) == i)
				key[pos >> 2] = 0xffff;
			if (k == 0)
				pos_max[i] = pos;
		}
	}
}

/* The signs of both pulses into their correlation: row by row of 16. */
static inline void sign_rrixiy(Word16 rrixiy[][MSIZE], const Word16 sign[], const Word16 vec[])
{
	for (int k = 0; k < NB_TRACK; k++)
	{
		Word16 plus[NB_POS], minus[NB_POS], *row = rrixiy[k];
		for (int j = 0; j < NB_POS; j++)
		{
			plus[j] = sign[((k + 1) & 3) + STEP * j];
			minus[j] = vec[((k + 1) & 3) + STEP * j];
		}
		const __m256i p = _mm256_loadu_si256((const __m256i *)plus), m = _mm256_loadu_si256((const __m256i *)minus);
		for (int i = k; i < L_SUBFR; i += STEP, row += NB_POS)
			_mm256_storeu_si256((__m256i *)row, mult15(_mm256_loadu_si256((const __m256i *)row), sign[i] < 0 ? m : p));
	}
}
