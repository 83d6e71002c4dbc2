package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// player plays scripts on a ledger of its own, before a court.
type player struct {
	stage *story.Stage
	court *court
	pool  story.Pool
	moves []move // that were played
	steps []step
}

// step is a move as it went.
type step struct {
	after   time.Duration
	event   story.Event
	effects []story.Effect
}

func newPlayer(p story.Pool) *player {
	x := &player{stage: story.NewStage(p), court: newCourt(p), pool: p}
	x.court.w.look(x.stage.Ledger)
	return x
}

func (p *player) witness() *witness { return p.court.w }

// play plays a move, and passes it over if it is not possible.
func (p *player) play(m move) *Violation {
	w := p.court.w
	m.at = max(m.at, w.now)
	e, ok := w.admit(&m)
	if !ok {
		return nil
	}
	p.moves = append(p.moves, m)
	effects, err := p.stage.Play(m.at.Sub(w.now), e)
	p.steps = append(p.steps, step{m.at.Sub(w.now), e, effects})
	if err != nil && effects == nil && strings.HasPrefix(err.Error(), "panic: ") {
		return &Violation{At: m.at, Oracle: "ledger", Detail: fmt.Sprintf("%v: %v", e, err)}
	}
	return p.court.judge(m.at, e, effects, func(w *witness) {
		w.next, w.stats, w.broken = p.stage.Ledger.NextDeadline(), p.stage.Ledger.Stats(), err
	})
}

// story tells what was played.
func (p *player) story(note string) *story.Story {
	s := &story.Story{Notes: []string{"# " + note, ""}, Pool: p.pool}
	for _, step := range p.steps {
		s.Steps = append(s.Steps, story.Step{After: step.after, Event: step.event, Effects: texts(step.effects)})
	}
	return s
}

func texts(effects []story.Effect) (all []string) {
	for _, f := range effects {
		all = append(all, f.String())
	}
	return all
}

// settle is the end of every run: a phase in which nothing goes wrong any more
// and the pool must come to rest; then it is shut, and nothing may be left.
func (p *player) settle() *Violation {
	if v := p.rest(); v != nil {
		return v
	}
	if v := p.play(move{verb: story.Shut}); v != nil {
		return v
	}
	return p.rest()
}

// tooLong is how many events a small pool may take to come to rest.
const tooLong = 2000

func (p *player) rest() *Violation {
	w := p.court.w
	for range tooLong {
		m, ok := w.chore()
		if !ok {
			why := w.unrest()
			if why == "" {
				return nil
			}
			if w.next == ledger.Never {
				return p.court.violation(restOracle, why)
			}
			m = move{at: w.next, verb: story.Advance}
		}
		if v := p.play(m); v != nil {
			return v
		}
	}
	return p.court.violation(restOracle, fmt.Sprintf("after %d more events without a fault: %s", tooLong, w.unrest()))
}

// replay plays a script to its end. The player has the story of it.
func replay(s *script) (*player, *Violation) {
	p := newPlayer(s.pool)
	for _, m := range s.moves {
		if v := p.play(m); v != nil {
			return p, v
		}
	}
	return p, p.settle()
}
