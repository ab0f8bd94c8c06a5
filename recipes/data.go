package recipes

import (
	"fmt"

	"github.com/xsam-go/xsam/datasets"
)

// CheckData loads the images of the plan and fails, saying where to get them, when they are not there: at the full scale all
// of them, at the small scale as many as it trains, tests and (for a search) validates on.
func (p *Plan) CheckData(tune bool) error {
	o := datasets.Options{Dir: p.Base.DataDir, TrainSize: p.Base.TrainSize, TestSize: p.Base.TestSize, Seed: p.Base.DataSeed}
	if tune {
		o.TrainSize, o.ValidationSize = p.TrialTrain, p.Validation
	}
	get := fmt.Sprintf("fetch the images with: xsam data get %s --data-dir DIR", p.Study.Data)
	split, err := datasets.Load(p.Study.Data, o)
	if err != nil {
		return fmt.Errorf("recipes: %s at the %s scale has no images to run on: %w; %s", p.Study.Name, p.Scale, err, get)
	}
	if p.Scale != Full {
		return nil
	}
	train := p.Study.fullTrain()
	if haveTrain, haveTest := split.Train.Len()+split.Validation.Len(), split.Test.Len(); haveTrain != train || haveTest != fullTest {
		return fmt.Errorf("recipes: %s at the full scale: the files in %s hold %d images to train on and %d to test on, want %d and %d: %s, or run it at the small scale",
			p.Study.Name, p.Base.DataDir, haveTrain, haveTest, train, fullTest, get)
	}
	return nil
}
