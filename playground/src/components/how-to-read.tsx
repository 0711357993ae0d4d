/** Explains the numbers of the funnel to a first-time reader. */

export function HowToRead() {
  return (
    <details class="how">
      <summary>How to read this</summary>
      <dl>
        <dt>The channel above a column</dt>
        <dd>
          is as high as the logarithm of the number of tokens left: from 8,192 to 91 it loses half of its
          height.
        </dd>
        <dt>keeps 92.1 %</dt>
        <dd>
          is what the tokens that are left had of the probability just before the stage; what is left is then
          scaled up to 100 % again. Above, beside the token, stands what they had in the row as it came.
        </dd>
        <dt>2.31 nats</dt>
        <dd>
          is the entropy of what is left: so uncertain as a choice of e<sup>2.31</sup> = 10 equally likely
          tokens.
        </dd>
        <dt>close</dt>
        <dd>
          marks a token so near to the stage's limit that other rounding (bfloat16, another kernel, another
          order of summation) could have decided otherwise. Nothing is wrong; the token is one to watch when
          two hosts differ.
        </dd>
        <dt>✕ 1.20 % &lt; 1.87 %</dt>
        <dd>
          is why a token was removed: its probability before the stage, beside what the stage asked for.
        </dd>
      </dl>
    </details>
  );
}
