package video

import (
	"math"

	"causeway/transcode/picture"
)

// pattern draws picture n of a moving scene: a textured ground that drifts, a disc that circles, a bar
// that sweeps, and a block that counts the picture in binary. It is easy to tell pictures apart.
func pattern(width, height, n int) picture.Picture {
	p := picture.New(width, height)
	cx := float64(width)/2 + float64(width)/4*math.Cos(float64(n)/15)
	cy := float64(height)/2 + float64(height)/4*math.Sin(float64(n)/15)
	r2 := float64(height*height) / 64
	bar := n * 3 % width
	for y := range height {
		row := p.Y[y*p.StrideY:]
		for x := range width {
			v := 110 + 40*math.Sin(float64(x+n)/17) + 30*math.Sin(float64(y)/11+float64(x)/29)
			if dx, dy := float64(x)-cx, float64(y)-cy; dx*dx+dy*dy < r2 {
				v = 220
			}
			if x >= bar && x < bar+8 {
				v = 30
			}
			row[x] = byte(v)
		}
	}
	cell := height / 10
	for bit := range 8 {
		v := byte(16)
		if n>>bit&1 == 1 {
			v = 235
		}
		for y := range cell {
			for x := range cell {
				p.Y[y*p.StrideY+bit*cell+x] = v
			}
		}
	}
	for y := range (height + 1) / 2 {
		for x := range (width + 1) / 2 {
			p.U[y*p.StrideC+x] = byte(128 + 60*math.Sin(float64(x)/40))
			p.V[y*p.StrideC+x] = byte(128 + 60*math.Cos(float64(y+n)/40))
		}
	}
	return p
}

// psnr compares the luma of two pictures of one size, dB.
func psnr(a, b picture.Picture) float64 {
	var sum float64
	for y := range a.Height {
		ra, rb := a.Y[y*a.StrideY:][:a.Width], b.Y[y*b.StrideY:][:a.Width]
		for x := range ra {
			d := float64(ra[x]) - float64(rb[x])
			sum += d * d
		}
	}
	if sum == 0 {
		return 99
	}
	return 10 * math.Log10(255*255*float64(a.Width*a.Height)/sum)
}

// number reads the picture number of a pattern back, modulo 256.
func number(p picture.Picture) int {
	n, cell := 0, p.Height/10
	for bit := range 8 {
		if p.Y[cell/2*p.StrideY+bit*cell+cell/2] > 128 {
			n |= 1 << bit
		}
	}
	return n
}

// clone copies a picture out of a decoder's memory.
func clone(p picture.Picture) picture.Picture {
	c := picture.New(p.Width, p.Height)
	for y := range p.Height {
		copy(c.Y[y*c.StrideY:][:p.Width], p.Y[y*p.StrideY:])
	}
	for y := range (p.Height + 1) / 2 {
		copy(c.U[y*c.StrideC:][:c.StrideC], p.U[y*p.StrideC:])
		copy(c.V[y*c.StrideC:][:c.StrideC], p.V[y*p.StrideC:])
	}
	return c
}
