package own

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"  // the formats that are read
	_ "image/jpeg" //
	_ "image/png"  //
	"io"

	"golang.org/x/image/draw"
)

// pictureSize reads the size of a picture from its header, and whether it is grey.
func pictureSize(r io.Reader) (s size, err error) {
	config, _, err := image.DecodeConfig(r)
	if err != nil {
		return s, pictureError(err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > MaxPixels || config.Height > MaxPixels ||
		config.Width*config.Height > MaxPixels {
		return s, fmt.Errorf("%d×%d pixels, want 1 to %d", config.Height, config.Width, MaxPixels)
	}
	s = size{config.Height, config.Width, 3}
	if config.ColorModel == color.GrayModel || config.ColorModel == color.Gray16Model {
		s.channels = 1
	}
	return s, nil
}

// pictureError says plainly what is wrong with a picture.
func pictureError(err error) error {
	switch {
	case errors.Is(err, image.ErrFormat):
		return errors.New("no PNG, JPEG or GIF")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("cut short")
	}
	return errors.New(oneLine(err))
}

// canvas turns pictures into values of one size.
type canvas struct {
	size   size
	pixels *image.RGBA
	deep   *image.RGBA64 // for pictures of 16 bits; nil until there is one
	values []float64
}

func newCanvas(s size) *canvas {
	return &canvas{size: s, pixels: image.NewRGBA(image.Rect(0, 0, s.width, s.height)),
		values: make([]float64, s.height*s.width*s.channels)}
}

// paint decodes a picture, brings it to the size of the canvas, and returns its values from 0 to 255, in the same slice
// every time. It is stretched where its shape is another, with a triangle filter that covers what it shrinks; a pixel
// that is transparent counts as black; the first picture of a GIF stands for all. Grey of a colour is its luma,
// (299 R + 587 G + 114 B)/1000. Pictures of 16 bits keep them: their values are fractions, 1/257 of those stored.
func (c *canvas) paint(file []byte) (values []float64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("its decoder gave up: %s", oneLine(p))
		}
	}()
	if _, err := pictureSize(bytes.NewReader(file)); err != nil {
		return nil, err
	}
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, pictureError(err)
	}
	switch picture.(type) {
	case *image.Gray16, *image.RGBA64, *image.NRGBA64:
		if c.deep == nil {
			c.deep = image.NewRGBA64(c.pixels.Bounds())
		}
		fit(c.deep, picture)
		c.readDeep()
	default:
		fit(c.pixels, picture)
		c.read()
	}
	return c.values, nil
}

// fit draws a picture, stretched to all of what it is drawn on.
func fit(to draw.Image, picture image.Image) {
	all := to.Bounds()
	if picture.Bounds().Size() == all.Size() {
		draw.Draw(to, all, picture, picture.Bounds().Min, draw.Src)
	} else {
		draw.BiLinear.Scale(to, all, picture, picture.Bounds(), draw.Src, nil)
	}
}

// read takes the values from the pixels.
func (c *canvas) read() {
	for i := range c.size.height * c.size.width {
		rgb := c.pixels.Pix[4*i : 4*i+3]
		if c.size.channels == 1 {
			c.values[i] = float64((299*int(rgb[0]) + 587*int(rgb[1]) + 114*int(rgb[2]) + 500) / 1000)
			continue
		}
		for channel, x := range rgb {
			c.values[3*i+channel] = float64(x)
		}
	}
}

// readDeep takes the values from the pixels of 16 bits.
func (c *canvas) readDeep() {
	const step = 257 // 65535/255
	for i := range c.size.height * c.size.width {
		p := c.deep.RGBA64At(i%c.size.width, i/c.size.width)
		if c.size.channels == 1 {
			luma := 299*float64(p.R) + 587*float64(p.G) + 114*float64(p.B)
			c.values[i] = luma / (1000 * step)
			continue
		}
		for channel, x := range [3]uint16{p.R, p.G, p.B} {
			c.values[3*i+channel] = float64(x) / step
		}
	}
}
