//go:build cgo && amd64

/* The AMR-WB encoder of voamrwbenc (VisualOn, Apache-2.0) as one translation unit, for processors with AVX2; its hot loops are those of
 * vector.h and vector_search.h. Nothing of it is seen outside but the cw_wide functions at the end: Debian's libvo-amrwbenc is linked
 * into the same program, for other processors and as the measure of this one. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)

#include <math.h>
#include <memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <immintrin.h>

#pragma GCC optimize("O3,wrapv")
#pragma GCC target("avx2,bmi,bmi2")
#pragma GCC visibility push(hidden)

#define VO_VECTOR
#define E_IF_init cw_vo_init
#define E_IF_exit cw_vo_exit
#define E_IF_encode cw_vo_encode

#include "voamrwbenc/typedef.h"
#include "voamrwbenc/basic_op.h"
#include "voamrwbenc/cnst.h"
#include "voamrwbenc/acelp.h"

#define UP_SAMP 4
#pragma push_macro("Residu")
#undef Residu
#define Residu Residu_plain
#include "voamrwbenc/residu.c"
#undef Residu
#pragma pop_macro("Residu")
#pragma push_macro("Pred_lt4")
#undef Pred_lt4
#define Pred_lt4 Pred_lt4_plain
#include "voamrwbenc/pred_lt4.c"
#undef Pred_lt4
#pragma pop_macro("Pred_lt4")
#pragma push_macro("Scale_sig")
#undef Scale_sig
#define Scale_sig Scale_sig_plain
#include "voamrwbenc/scale.c"
#undef Scale_sig
#pragma pop_macro("Scale_sig")
#pragma push_macro("Copy")
#undef Copy
#define Copy Copy_plain
#include "voamrwbenc/util.c"
#undef Copy
#pragma pop_macro("Copy")
#include "vector.h"

#include "voamrwbenc/autocorr.c"
#include "voamrwbenc/az_isp.c"
#include "voamrwbenc/bits.c"
#include "voamrwbenc/c2t64fx.c"
#undef STEP
#undef NB_TRACK
#undef NB_POS
#undef MSIZE
#include "voamrwbenc/c4t64fx.c"
#undef NB_POS
#include "voamrwbenc/cor_h_x.c"
#include "voamrwbenc/decim54.c"
#include "voamrwbenc/deemph.c"
#include "voamrwbenc/dtx.c"
#include "voamrwbenc/g_pitch.c"
#include "voamrwbenc/gpclip.c"
#include "voamrwbenc/homing.c"
#define a a_hp400
#define b b_hp400
#include "voamrwbenc/hp400.c"
#undef a
#undef b
#define a a_hp50
#define b b_hp50
#include "voamrwbenc/hp50.c"
#undef a
#undef b
#include "voamrwbenc/hp6k.c"
#undef L_FIR
#define a a_hp_wsp
#define b b_hp_wsp
#include "voamrwbenc/hp_wsp.c"
#undef a
#undef b
#include "voamrwbenc/int_lpc.c"
#include "voamrwbenc/isp_az.c"
#define table table_isp_isf
#include "voamrwbenc/isp_isf.c"
#undef table
#include "voamrwbenc/lag_wind.c"
#include "voamrwbenc/levinson.c"
#define table table_log2
#include "voamrwbenc/log2.c"
#undef table
#include "voamrwbenc/lp_dec2.c"
#include "voamrwbenc/math_op.c"
#include "voamrwbenc/mem_align.c"
#include "voamrwbenc/oper_32b.c"
#include "voamrwbenc/p_med_ol.c"
#include "voamrwbenc/pit_shrp.c"
#include "voamrwbenc/pitch_f4.c"
#include "voamrwbenc/preemph.c"
#include "voamrwbenc/q_gain2.c"
#include "voamrwbenc/q_pulse.c"
#include "voamrwbenc/qisf_ns.c"
#include "voamrwbenc/qpisf_2s.c"
#include "voamrwbenc/random.c"
#include "voamrwbenc/stream.c"
#include "voamrwbenc/updt_tar.c"
#include "voamrwbenc/voAMRWBEnc.c"
#include "voamrwbenc/voicefac.c"
#include "voamrwbenc/wb_vad.c"
#include "voamrwbenc/weight_a.c"
#include "voamrwbenc/cmnMemory.c"
#include "voamrwbenc/wrapper.c"

#pragma GCC visibility pop

int cw_wide_here(void) { return 1; }
void *cw_wide_init(void) { return E_IF_init(); }
void cw_wide_exit(void *s) { E_IF_exit(s); }
int cw_wide_encode(void *s, int mode, const short *pcm, unsigned char *out, int dtx) { return E_IF_encode(s, mode, pcm, out, dtx); }

#else

int cw_wide_here(void) { return 0; }
void *cw_wide_init(void) { return 0; }
void cw_wide_exit(void *s) { (void)s; }
int cw_wide_encode(void *s, int mode, const short *pcm, unsigned char *out, int dtx)
{
	(void)s, (void)mode, (void)pcm, (void)out, (void)dtx;
	return 0;
}

#endif
