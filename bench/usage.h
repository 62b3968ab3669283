/* What this process uses. */
#pragma once

/* Memory held now, and at most so far. */
double resident_megabytes(void);
double most_megabytes(void);
/* Of all its threads since it began. */
double processor_seconds(void);
