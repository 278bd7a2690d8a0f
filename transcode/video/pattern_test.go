package video

import (
	"math"
	"time"

	"causeway/transcode/picture"
)

// pattern draws picture n of a moving scene: a textured ground that drifts, a disc that circles, a bar
// that sweeps, and a block that counts the picture in binary. It is easy to tell pictures apart.
func pattern(width, height, n int) picture.Picture {
	p := picture.New(width, height)
	cx := int(float64(width)/2 + float64(width)/4*math.Cos(float64(n)/15))
	cy := int(float64(height)/2 + float64(height)/4*math.Sin(float64(n)/15))
	r2 := height * height / 64
	bar := n * 3 % width
	across, slant := make([]int, width), make([]int, 29*height+11*width) // the race detector makes sines slow
	for x := range across {
		across[x] = 110 + int(40*math.Sin(float64(x+n)/17))
	}
	for i := range slant {
		slant[i] = int(30 * math.Sin(float64(i)/319))
	}
	row := make([]byte, width)
	for y := range height {
		line := slant[29*y:]
		for x := range row {
			row[x] = byte(across[x] + line[11*x])
		}
		if dy := y - cy; dy*dy < r2 {
			half := int(math.Sqrt(float64(r2 - dy*dy)))
			for x := max(cx-half, 0); x < min(cx+half, width); x++ {
				row[x] = 220
			}
		}
		for x := bar; x < min(bar+8, width); x++ {
			row[x] = 30
		}
		copy(p.Y[y*p.StrideY:], row)
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
	u := make([]byte, (width+1)/2)
	for x := range u {
		u[x] = byte(128 + 60*math.Sin(float64(x)/40))
	}
	for y := range (height + 1) / 2 {
		copy(p.U[y*p.StrideC:], u)
		v := byte(128 + 60*math.Cos(float64(y+n)/40))
		line := p.V[y*p.StrideC:][:len(u)]
		for x := range line {
			line[x] = v
		}
	}
	return p
}

// psnr compares the luma of two pictures of one size, dB.
func psnr(a, b picture.Picture) float64 {
	sum := 0
	for y := range a.Height {
		ra, rb := a.Y[y*a.StrideY:][:a.Width], b.Y[y*b.StrideY:][:a.Width]
		for x := range ra {
			d := int(ra[x]) - int(rb[x])
			sum += d * d
		}
	}
	if sum == 0 {
		return 99
	}
	return 10 * math.Log10(255*255*float64(a.Width*a.Height)/float64(sum))
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

// grain makes a picture noisy, each one in another way.
func grain(p picture.Picture, n int) {
	x := uint32(n)*2654435761 + 1
	for i := range p.Y {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		p.Y[i] = byte(min(max(int(p.Y[i])+int(x%40)-20, 0), 255))
	}
}

// start is when the tests begin.
func start() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
