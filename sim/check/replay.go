package check

import (
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim/internal/oracle"
)

// script is a pool and what happens to it.
type script struct {
	pool  story.Pool
	moves []oracle.Move
}

// player plays scripts on a ledger of its own, and has a court judge it.
type player struct {
	stage *story.Stage
	court *oracle.Court
	pool  story.Pool
	moves []oracle.Move // that were played
	steps []step
}

// step is a move that was played, with its effects.
type step struct {
	after   time.Duration
	event   story.Event
	effects []story.Effect
}

func newPlayer(p story.Pool) *player {
	x := &player{stage: story.NewStage(p), court: oracle.NewCourt(p), pool: p}
	x.court.Look(x.stage.Ledger, x.stage.Ledger.Check())
	return x
}

// play plays a move, or skips it if the contract does not allow it.
func (p *player) play(m oracle.Move) *oracle.Objection {
	now := p.court.Now()
	m.At = max(m.At, now)
	e, ok := p.court.Admit(&m)
	if !ok {
		return nil
	}
	p.moves = append(p.moves, m)
	effects, err := p.stage.Play(m.At.Sub(now), e)
	p.steps = append(p.steps, step{m.At.Sub(now), e, effects})
	if err != nil && effects == nil && strings.HasPrefix(err.Error(), "panic: ") {
		return &oracle.Objection{At: m.At, Oracle: "ledger", Detail: fmt.Sprintf("%v: %v", e, err)}
	}
	return p.court.Judge(m.At, e, effects, func(w *oracle.Witness) { w.Look(p.stage.Ledger, err) })
}

// story returns the played events as a story.
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

// finish ends a script. Nothing goes wrong any more, and the pool must come to rest.
// Then it is shut, and nothing may be left.
func (p *player) finish() *oracle.Objection {
	if o := p.rest(); o != nil {
		return o
	}
	if o := p.play(oracle.Move{Verb: story.Shut}); o != nil {
		return o
	}
	return p.rest()
}

// maxRestMoves is how many moves a small pool may take to come to rest.
const maxRestMoves = 2000

func (p *player) rest() *oracle.Objection {
	for range maxRestMoves {
		m, ok := p.court.NextStep()
		if !ok {
			why := p.court.WhyNotIdle()
			if why == "" {
				return nil
			}
			if p.court.Next() == ledger.Never {
				return p.court.NotAtRest(why)
			}
			m = oracle.Move{At: p.court.Next(), Verb: story.Advance}
		}
		if o := p.play(m); o != nil {
			return o
		}
	}
	return p.court.NotAtRest(fmt.Sprintf("after %d more events without a fault: %s", maxRestMoves, p.court.WhyNotIdle()))
}

// replay plays a script to its end. The player has the story of it.
func replay(s *script) (*player, *oracle.Objection) {
	p := newPlayer(s.pool)
	for _, m := range s.moves {
		if o := p.play(m); o != nil {
			return p, o
		}
	}
	return p, p.finish()
}
